//! Running deployments and calls.

use std::sync::Arc;

use types::codec::Bounded;
use types::{Address, CallArguments, Deployment, MAX_INSTRUCTIONS, ProgramCall};

use super::host::OverlayHost;
use super::meter::{Gas, Meter, gas_of_call, gas_of_deployment};
use super::{CallResult, DeployedProgram};
use crate::program::{Abort, Cause, Context, INIT, Output, Trap, VerifiedProgram, Word, run, verify};
use crate::rules::gate::{self, Movement, Way};
use crate::state::overlay::{Overlay, Slot};
use crate::{BlockContext, Failure, MAX_LINKS, Record, RecordKey};

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

/// The accounts that a transaction has touched so far.
pub(crate) struct Touched<'t> {
    slots: &'t mut Vec<Slot>,
    /// How many there may be once this instruction is done.
    limit: usize,
}

impl<'t> Touched<'t> {
    /// While an instruction runs that `after` others follow: each of these may touch an account, and all must fit into
    /// the receipt.
    pub(crate) fn new(slots: &'t mut Vec<Slot>, after: usize) -> Self {
        Self { slots, limit: MAX_LINKS.saturating_sub(after) }
    }

    pub(super) fn add(&mut self, slot: Slot) -> Result<(), Failure> {
        if self.slots.contains(&slot) {
            return Ok(());
        }
        if self.slots.len() >= self.limit {
            return Err(Failure::TooManyAccounts);
        }
        self.slots.push(slot);
        Ok(())
    }
}

/// What the calls of a block share.
pub(crate) struct Calls {
    block: BlockContext,
    meter: Meter,
    /// Of the running transaction.
    results: Vec<CallResult>,
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
    pub(crate) fn new(block: BlockContext) -> Self {
        Self { block, meter: Meter::new(), results: Vec::new() }
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
        overlay: &mut Overlay<'_>,
        payer: Option<Slot>,
        deployment: &Deployment,
        address: Address,
        mut touched: Touched<'_>,
    ) -> Result<(), Stopped> {
        let payer = payer.ok_or(Failure::UnknownAccount)?;
        let gas = gas_of_deployment(deployment);
        self.meter.admit(&gas)?;
        let program = Arc::new(verify(&deployment.code).map_err(|_| Failure::InvalidProgram)?);
        let own = overlay.find_or_create(&address);
        touched.add(own)?;
        let deployer = overlay.account(payer).address;
        let record = DeployedProgram { deployer, height: self.block.height, program: program.clone() };
        overlay.put_record(RecordKey::Program(address), Record::Program(record));
        let args = words(&deployment.args);
        if program.entry(INIT).is_none() && args.is_empty() {
            self.results.push(CallResult::new(address, Output { value: Word::ZERO, events: Vec::new(), gas: 0 }));
            return Ok(());
        }
        let context = self.context(deployer, address, None, true);
        let Gas { limit: gas_limit, .. } = gas;
        let run = Run { program: &program, own: (address, own), context, entry: INIT, args: &args, gas_limit };
        self.run(overlay, run, &mut touched)
    }

    /// Calls a program. After an error the caller rolls the overlay back.
    pub(crate) fn call(
        &mut self,
        overlay: &mut Overlay<'_>,
        payer: Option<Slot>,
        call: &ProgramCall,
        mut touched: Touched<'_>,
    ) -> Result<(), Stopped> {
        let payer = payer.ok_or(Failure::UnknownAccount)?;
        let gas = gas_of_call(call);
        self.meter.admit(&gas)?;
        let address = call.program;
        let program = match overlay.record(&RecordKey::Program(address)) {
            Some(Record::Program(deployed)) => deployed.program.clone(),
            _ => return Err(Failure::UnknownProgram { program: address }.into()),
        };
        let own = overlay.find_or_create(&address);
        touched.add(own)?;
        if let Some((asset, amount)) = call.attach {
            gate::pass(overlay, payer, Movement { asset, amount, way: Way::Transfer { to: address } })?;
        }
        let context = self.context(overlay.account(payer).address, address, call.attach, false);
        let (args, Gas { limit: gas_limit, .. }) = (words(&call.args), gas);
        let run = Run { program: &program, own: (address, own), context, entry: &call.entry, args: &args, gas_limit };
        self.run(overlay, run, &mut touched)
    }

    fn context(
        &self,
        caller: Address,
        own: Address,
        paid: Option<(types::AssetId, types::Amount)>,
        deploying: bool,
    ) -> Context {
        let BlockContext { height, timestamp: time } = self.block;
        Context { caller, own, time, height, paid, deploying }
    }

    fn run(&mut self, overlay: &mut Overlay<'_>, call: Run<'_>, touched: &mut Touched<'_>) -> Result<(), Stopped> {
        let Run { program, own: (address, own), context, entry, args, gas_limit } = call;
        let mut host = OverlayHost { overlay, touched, context, own };
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

/// What can be told of a call without running it.
pub(crate) fn admissible(program: &VerifiedProgram, call: &ProgramCall) -> Result<(), Trap> {
    crate::program::admit(program, &call.entry, call.args.len(), call.attach.is_some(), false).map(|_| ())
}
