//! Interim.
use std::collections::BTreeMap;
use genesis::*;
use types::*;
fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter("info").init();
    match args[1].as_str() {
        "node" => {
            let home = node::home::Home::open(args[2].as_ref())?;
            let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            rt.block_on(node::validator::run(home, async { let _ = tokio::signal::ctrl_c().await; }))
        }
        "setup" => {
            let dir = std::path::Path::new(&args[2]);
            let bench = SecretKey::from_seed([200; 32]); let a = Address::of(&bench.public());
            let n = 4u8;
            let spec = ChainSpec { chain_id: "x".into(), timestamp: Timestamp(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis() as u64), parameters: Parameters::default(),
                validators: (0..n).map(|i| Validator { name: format!("validator-{i}"), key: SecretKey::from_seed([i + 1; 32]).public(), peer_id: node::network::peer_id_of(&[i + 50; 32]), address: format!("/ip4/127.0.0.1/tcp/{}", 9600 + 10 * i as u32) }).collect(),
                assets: vec![Asset { symbol: "KRW".into(), decimals: 0, issuer: a }], accounts: vec![Account { address: a, balances: BTreeMap::from([("KRW".to_string(), Amount(1_000_000_000_000))]) }] };
            let text = spec.to_toml(); let g = spec.genesis()?;
            let mut vals = vec![];
            for i in 0..n { let h = dir.join(format!("validator-{i}")); std::fs::create_dir_all(&h)?; std::fs::write(h.join("genesis.toml"), &text)?;
                std::fs::write(h.join("validator.key"), Hash([i + 1; 32]).to_string())?; std::fs::write(h.join("network.key"), Hash([i + 50; 32]).to_string())?;
                let p = 9600 + 10 * i as u32;
                std::fs::write(h.join("config.toml"), format!("genesis_hash = \"{}\"\np2p_listen = \"/ip4/127.0.0.1/tcp/{}\"\nrpc_listen = \"127.0.0.1:{}\"\nmetrics_listen = \"127.0.0.1:{}\"\nverify_threads = 2\n", g.hash(), p, p + 1, p + 2))?;
                vals.push(serde_json::json!({"name": format!("validator-{i}"), "pid": 0, "rpc_http": format!("http://127.0.0.1:{}", p + 1), "rpc_ws": format!("ws://127.0.0.1:{}", p + 1), "metrics": format!("http://127.0.0.1:{}/metrics", p + 2)})); }
            std::fs::write(dir.join("bench.key"), serde_json::json!({"kind": "account", "address": a, "public_key": bench.public(), "secret": Hash([200; 32])}).to_string())?;
            std::fs::write(dir.join("localnet.json"), serde_json::json!({"chain_id": "x", "genesis_hash": g.hash(), "validators": vals, "accounts": [{"name": "bench", "address": a, "key_file": "bench.key"}]}).to_string())?;
            Ok(())
        }
        _ => {
            #[derive(clap::Parser)] struct P { #[command(flatten)] o: benches::load::Options }
            let o = <P as clap::Parser>::parse_from(args[1..].iter()).o;
            let net = benches::load::read_net_file("/tmp/net/localnet.json".as_ref())?;
            let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            let r = rt.block_on(benches::load::run(&o, &net))?;
            println!("{}", r.table()); println!("{}", r.json()); Ok(())
        }
    }
}
