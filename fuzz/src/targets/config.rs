//! A validator's configuration.

use node::home::Config;

use crate::memory::bounded;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "config", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(config) = bounded(bytes.len(), || toml::from_str::<Config>(text)) else { return false };
    assert_eq!(toml::from_str::<Config>(&config.to_toml()).as_ref(), Ok(&config));
    true
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let socket = "127.0.0.1:9601".parse().expect("an address");
    let mut config = Config::new(values::CHAIN, "/ip4/0.0.0.0/tcp/9600".to_owned(), socket, socket);
    // By default as many as the machine has processors.
    config.verify_threads = 2;
    vec![("usual", config.to_toml().into_bytes())]
}
