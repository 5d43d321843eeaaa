//! `baro bench --search`.

use anyhow::Context;
use benches::load::{Bound, Options, search};

use super::networks::Networks;
use super::told_page;
use crate::cli::{Failure, Outcome};

pub(super) async fn run(options: &Options, bound: Bound, networks: &mut Networks) -> Outcome {
    let probing = networks.with(None, async |net| search(options, net, bound, |probe| eprintln!("{probe}")).await);
    let found = probing.await?;
    if let Some(directory) = &options.report {
        if let Some(report) = &found.highest {
            report.write(directory)?;
            told_page(directory);
        }
        std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let path = directory.join("search.json");
        std::fs::write(&path, found.json()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if options.json {
        println!("{}", found.json());
    } else if let Some(report) = &found.highest {
        println!("the highest rate that held, p99 within {} ms:\n", bound.p99_ms);
        print!("{}", report.table());
    }
    if !found.is_sound {
        return Err(Failure::Unsuccessful("state roots differ, or supply is not conserved".to_owned()));
    }
    if found.highest.is_none() {
        return Err(Failure::Unsuccessful("no rate held: begin with a lower --rate, or widen the bound".to_owned()));
    }
    Ok(())
}
