//! Writes the seeds of the corpus.

fn main() -> anyhow::Result<()> {
    fuzz::TARGETS.iter().try_for_each(fuzz::corpus::write_seeds)
}
