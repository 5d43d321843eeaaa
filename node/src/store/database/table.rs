//! The tables of a volume.

/// The tables of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Table {
    /// What the volume is: of a checkpoint, what completes it.
    Opening,
    /// Where journal and proposals begin.
    Marks,
    Batches,
    Forgotten,
    Blocks,
    Receipts,
    Journal,
    Proposals,
    Ids,
    /// The parts of a checkpoint.
    Parts,
    /// The ends of past epochs.
    Handovers,
    /// The accumulator over closed seconds.
    Nodes,
    /// The ids of closed seconds.
    IdPages,
}

impl Table {
    pub(in crate::store) const COUNT: usize = 13;
    pub(in crate::store) const ALL: [Table; Table::COUNT] = [
        Table::Opening,
        Table::Marks,
        Table::Batches,
        Table::Forgotten,
        Table::Blocks,
        Table::Receipts,
        Table::Journal,
        Table::Proposals,
        Table::Ids,
        Table::Parts,
        Table::Handovers,
        Table::Nodes,
        Table::IdPages,
    ];

    /// The table that `table as u8` stands for.
    pub(in crate::store) fn from_number(number: u8) -> Option<Table> {
        Table::ALL.get(usize::from(number)).copied()
    }

    pub(in crate::store) fn name(self) -> &'static str {
        match self {
            Table::Opening => "opening",
            Table::Marks => "marks",
            Table::Batches => "batches",
            Table::Forgotten => "forgotten",
            Table::Blocks => "blocks",
            Table::Receipts => "receipts",
            Table::Journal => "journal",
            Table::Proposals => "proposals",
            Table::Ids => "ids",
            Table::Parts => "parts",
            Table::Handovers => "handovers",
            Table::Nodes => "nodes",
            Table::IdPages => "id pages",
        }
    }
}
