//! Running deployments and calls.

use std::sync::Arc;

use types::codec::Bounded;
use types::{Address, Amount, AssetId, CallArguments, Deployment, MAX_INSTRUCTIONS, Operation, ProgramCall};

use super::host::OverlayHost;
use super::meter::{Gas, Meter, gas_of_call, gas_of_deployment};
use super::{CallResult, DeployedProgram};
use crate::program::{Abort, Cause, Context, INIT, Output, VerifiedProgram, Word, admit, run, verify};
use crate::rules::gate::{Movement, Sink, Source};
use crate::rules::turn::Turn;
use crate::state::overlay::Slot;
use crate::{BlockContext, Failure, Record, RecordKey};

/// The arguments as the machine takes them.
fn words(args: &CallArguments) -> Vec<Word> {
    args.iter().map(|bytes| Word(*bytes)).collect()
}

/// Why an instruction had no effect, and where in a program, if in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped {
    pub(crate) failure: Failure,
    /// The offset in the code and the gas used.
    pub(crate) in_program: Option<(u16, u64)>,
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Stopped { failure, in_program: None }
    }
}

impl From<Abort<Failure>> for Stopped {
    fn from(Abort { cause, at, gas }: Abort<Failure>) -> Self {
        let failure = match cause {
            Cause::Trap(trap) => Failure::Trapped { trap },
            Cause::Refused(failure) => failure,
        };
        Stopped { failure, in_program: Some((at, gas)) }
    }
}

/// What the calls of a block share.
pub(crate) struct Calls {
    meter: Meter,
    /// Of the running transaction.
    results: Vec<CallResult>,
    /// `Some` where programs are not run; true once one would have been.
    foreseen: Option<bool>,
}

/// A call, once its program is known.
struct Run<'c> {
    program: &'c VerifiedProgram,
    own: (Address, Slot),
    context: Context,
    entry: &'c str,
    args: &'c [Word],
    gas_limit: u64,
}

impl Calls {
    /// Those of a block.
    pub(crate) fn new() -> Self {
        Self { meter: Meter::new(), results: Vec::new(), foreseen: None }
    }

    /// Calls of which only what comes before the program runs is looked at.
    pub(crate) fn foreseen() -> Self {
        Self { foreseen: Some(false), ..Self::new() }
    }

    /// What they have used together.
    pub(crate) fn gas_used(&self) -> u64 {
        self.meter.used()
    }

    /// True if a program would have run: what comes after it cannot be told.
    pub(crate) fn is_open(&self) -> bool {
        self.foreseen == Some(true)
    }

    /// Begins a transaction.
    pub(crate) fn begin(&mut self) {
        self.meter.begin_transaction();
        self.results.clear();
    }

    /// What came of the calls of the transaction, which succeeded.
    pub(crate) fn take_results(&mut self) -> Bounded<CallResult, MAX_INSTRUCTIONS> {
        Bounded::new(std::mem::take(&mut self.results)).expect("at most one for each instruction")
    }

    /// Puts a program at `address` and runs its `init`, if it has one. After an error the caller rolls the overlay back.
    pub(crate) fn deploy(
        &mut self,
        turn: &mut Turn<'_, '_>,
        deployment: &Deployment,
        address: Address,
    ) -> Result<(), Stopped> {
        turn.payer()?;
        let gas = gas_of_deployment(deployment);
        self.meter.admit(&gas)?;
        let program = Arc::new(verify(&deployment.code).map_err(|_| Failure::InvalidProgram)?);
        let own = turn.overlay.find_or_create(&address);
        turn.touched.add(own)?;
        let height = turn.overlay.block().height;
        let record = DeployedProgram { deployer: turn.actor, height, program: program.clone() };
        turn.overlay.put_record(RecordKey::Program(address), Record::Program(record));
        let args = words(&deployment.args);
        if program.entry(INIT).is_none() && args.is_empty() {
            self.results.push(CallResult::new(address, Output { value: Word::ZERO, events: Vec::new(), gas: 0 }));
            return Ok(());
        }
        let context = context(turn, address, None, true);
        let Gas { limit: gas_limit, .. } = gas;
        self.run(turn, Run { program: &program, own: (address, own), context, entry: INIT, args: &args, gas_limit })
    }

    /// Calls a program. After an error the caller rolls the overlay back.
    pub(crate) fn call(&mut self, turn: &mut Turn<'_, '_>, call: &ProgramCall) -> Result<(), Stopped> {
        let payer = turn.payer()?;
        let gas = gas_of_call(call);
        self.meter.admit(&gas)?;
        let address = call.program;
        let program = match turn.overlay.record(&RecordKey::Program(address)) {
            Some(Record::Program(deployed)) => deployed.program.clone(),
            _ => return Err(Failure::UnknownProgram { program: address }.into()),
        };
        let own = turn.overlay.find_or_create(&address);
        turn.touched.add(own)?;
        if let Some((asset, amount)) = call.attach {
            let (operation, from, to) = (Operation::Call, Source::Account(payer), Sink::Account(address));
            turn.pass(Movement { asset, amount, operation, from, to })?;
        }
        let context = context(turn, address, call.attach, false);
        let (args, Gas { limit: gas_limit, .. }) = (words(&call.args), gas);
        self.run(
            turn,
            Run { program: &program, own: (address, own), context, entry: &call.entry, args: &args, gas_limit },
        )
    }

    fn run(&mut self, turn: &mut Turn<'_, '_>, call: Run<'_>) -> Result<(), Stopped> {
        let Run { program, own: (address, own), context, entry, args, gas_limit } = call;
        if let Some(is_open) = &mut self.foreseen {
            *is_open = true;
            let admitted = admit(program, entry, args.len(), context.paid.is_some(), context.deploying);
            return admitted.map(|_| ()).map_err(|trap| Failure::Trapped { trap }.into());
        }
        let mut host = OverlayHost { turn, context, own };
        match run(program, entry, args, gas_limit, &mut host) {
            Ok(output) => {
                self.meter.use_up(output.gas);
                self.results.push(CallResult::new(address, output));
                Ok(())
            }
            Err(abort) => {
                self.meter.use_up(abort.gas);
                Err(abort.into())
            }
        }
    }
}

fn context(turn: &Turn<'_, '_>, own: Address, paid: Option<(AssetId, Amount)>, deploying: bool) -> Context {
    let BlockContext { height, timestamp: time } = turn.overlay.block();
    Context { caller: turn.actor, own, time, height, paid, deploying }
}
