//! Every target on its corpus and on mutations of it. One test, because memory is counted for the whole process.
#![allow(clippy::unwrap_used, reason = "tests")]

use fuzz::corpus::{SEED, directory, inputs};
use fuzz::mutate::{Random, mutate};
use fuzz::{TARGETS, Target};

/// Mutations of each target. The same in every run; `fuzz/run` looks further.
const MUTATIONS: u64 = 20_000;

const REWRITE: &str = "run `cargo run --release -p fuzz --bin corpus` and look at the difference";

#[test]
fn every_decoder_survives_its_corpus_and_mutations_of_it() {
    for target in TARGETS {
        check_seeds(target);
        let corpus = inputs(target).unwrap();
        for (name, bytes) in &corpus {
            run(target, name, bytes);
        }
        let mut random = Random::new(1);
        let mut accepted = 0;
        for _ in 0..MUTATIONS {
            let (name, bytes) = &corpus[random.below(corpus.len())];
            let (_, other) = &corpus[random.below(corpus.len())];
            accepted += u64::from(run(target, name, &mutate(bytes, other, &mut random)));
        }
        println!("{}: {} files, {accepted} of {MUTATIONS} mutations accepted", target.name, corpus.len());
    }
}

/// Runs a target and, should it panic, says on what.
fn run(target: &Target, origin: &str, bytes: &[u8]) -> bool {
    struct Telltale<'a>(&'a Target, &'a str, &'a [u8]);
    impl Drop for Telltale<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("{} broke on these bytes, which come from {}: {}", self.0.name, self.1, hex::encode(self.2));
            }
        }
    }
    let _telltale = Telltale(target, origin, bytes);
    (target.run)(bytes)
}

/// The corpus has exactly the seeds that real values make, and each of them is accepted.
fn check_seeds(target: &Target) {
    let mut expected: Vec<(String, Vec<u8>)> =
        (target.seeds)().into_iter().map(|(name, bytes)| (format!("{SEED}{name}"), bytes)).collect();
    expected.sort();
    let found = inputs(target).unwrap_or_default();
    let found: Vec<(String, Vec<u8>)> = found.into_iter().filter(|(name, _)| name.starts_with(SEED)).collect();
    let directory = directory(target);
    assert!(found == expected, "the seeds in {} are of another format: {REWRITE}", directory.display());
    for (name, bytes) in found {
        assert!(run(target, &name, &bytes), "{}/{name} is not accepted", target.name);
    }
}
