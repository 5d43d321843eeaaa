//! Deployments and calls. The machine is the ledger's own, which has a model of its own; what it asks for is answered from
//! this model's maps.

use std::sync::Arc;

use types::{Address, Amount, AssetId, CallArguments, Deployment, Operation, ProgramCall};
use vm::program::{Cause, Context, Host, INIT, Merchant, VerifiedProgram, Word, gas, run, verify};
use vm::{
    BLOCK_GAS, CALL_GAS, CODE_BYTE_GAS, CallResult, DeployedProgram, Failure, Record, RecordKey, TRANSACTION_GAS,
};

use super::Stop;
use super::gate::{From, To};
use super::turn::Turn;

/// The gas that is left.
pub(crate) struct Gas {
    pub(crate) block: u64,
    pub(crate) transaction: u64,
}

impl Gas {
    pub(crate) fn of_a_block() -> Self {
        Self { block: BLOCK_GAS, transaction: TRANSACTION_GAS }
    }

    /// Asks for gas of which `fixed` is used in any case.
    fn ask(&mut self, fixed: u64, limit: u64) -> Result<(), Failure> {
        let wanted = fixed + limit;
        if wanted > self.transaction {
            return Err(Failure::TransactionGas { wanted, left: self.transaction });
        }
        self.transaction -= wanted;
        if wanted > self.block {
            return Err(Failure::BlockGasExhausted { wanted, left: self.block });
        }
        self.block -= fixed;
        Ok(())
    }
}

struct ModelHost<'h, 't> {
    turn: &'h mut Turn<'t>,
    context: Context,
}

impl Host for ModelHost<'_, '_> {
    type Refusal = Failure;

    fn context(&self) -> Context {
        self.context
    }

    fn cell(&self, key: &Word) -> Word {
        match self.turn.record(&RecordKey::Cell(self.context.own, *key)) {
            Some(Record::Cell(value)) => value,
            _ => Word::ZERO,
        }
    }

    fn set_cell(&mut self, key: Word, value: Word) -> Result<(), Failure> {
        let key = RecordKey::Cell(self.context.own, key);
        if value == Word::ZERO {
            self.turn.remove(&key)
        } else {
            self.turn.put(key, Record::Cell(value))
        }
        Ok(())
    }

    fn balance(&self, asset: AssetId) -> Amount {
        Amount(self.turn.state.balance(self.context.own, asset))
    }

    fn transfer(&mut self, asset: AssetId, to: Address, amount: Amount) -> Result<bool, Failure> {
        let is_new = !self.turn.state.accounts.contains(&to);
        let from = From::Directed(self.context.own, self.context.caller);
        self.turn.moves(Operation::Program, asset, amount, from, To::Account(to))?;
        Ok(is_new)
    }

    fn merchant(&self, address: Address) -> Option<Merchant> {
        match self.turn.record(&RecordKey::Merchant(address)) {
            Some(Record::Merchant(entry)) if entry.is_active => {
                Some(Merchant { category: entry.category.into(), region: entry.region.into() })
            }
            _ => None,
        }
    }
}

impl Turn<'_> {
    pub(crate) fn deploy(
        &mut self,
        deployment: &Deployment,
        gas: &mut Gas,
        results: &mut Vec<CallResult>,
    ) -> Result<(), Stop> {
        self.expect_account()?;
        let limit = deployment.gas_limit.min(gas::MAX);
        gas.ask(CALL_GAS + CODE_BYTE_GAS * deployment.code.len() as u64, limit)?;
        let program = Arc::new(verify(&deployment.code).map_err(|_| Failure::InvalidProgram)?);
        let address = Address::of_program(&self.actor, &self.origin.transaction, self.origin.instruction);
        self.state.open(address);
        self.touch(address)?;
        let record = DeployedProgram { deployer: self.actor, height: self.height, program: program.clone() };
        self.put(RecordKey::Program(address), Record::Program(record));
        let has_init = program.program().entries.iter().any(|entry| &*entry.name == INIT);
        if !has_init && deployment.args.is_empty() {
            let events = Default::default();
            results.push(CallResult { program: address, value: Word::ZERO, events, gas: 0 });
            return Ok(());
        }
        self.run(address, &program, INIT, &deployment.args, None, true, limit, gas, results)
    }

    pub(crate) fn call(
        &mut self,
        call: &ProgramCall,
        gas: &mut Gas,
        results: &mut Vec<CallResult>,
    ) -> Result<(), Stop> {
        self.expect_account()?;
        let limit = call.gas_limit.min(gas::MAX);
        gas.ask(CALL_GAS, limit)?;
        let Some(Record::Program(deployed)) = self.record(&RecordKey::Program(call.program)) else {
            return Err(Failure::UnknownProgram { program: call.program }.into());
        };
        self.touch(call.program)?;
        if let Some((asset, amount)) = call.attach {
            self.moves(Operation::Call, asset, amount, From::Account(self.actor), To::Account(call.program))?;
        }
        self.run(call.program, &deployed.program, &call.entry, &call.args, call.attach, false, limit, gas, results)
    }

    #[expect(clippy::too_many_arguments, reason = "all that a call is")]
    fn run(
        &mut self,
        own: Address,
        program: &VerifiedProgram,
        entry: &str,
        args: &CallArguments,
        paid: Option<(AssetId, Amount)>,
        deploying: bool,
        limit: u64,
        gas: &mut Gas,
        results: &mut Vec<CallResult>,
    ) -> Result<(), Stop> {
        let context = Context { caller: self.actor, own, time: self.now, height: self.height, paid, deploying };
        let args: Vec<Word> = args.iter().map(|bytes| Word(*bytes)).collect();
        match run(program, entry, &args, limit, &mut ModelHost { turn: self, context }) {
            Ok(output) => {
                gas.block = gas.block.saturating_sub(output.gas);
                let events = types::codec::Bounded::new(output.events).unwrap();
                results.push(CallResult { program: own, value: output.value, events, gas: output.gas });
                Ok(())
            }
            Err(abort) => {
                gas.block = gas.block.saturating_sub(abort.gas);
                let failure = match abort.cause {
                    Cause::Trap(trap) => Failure::Trapped { trap },
                    Cause::Refused(failure) => failure,
                };
                Err(Stop { failure, in_program: Some((abort.at, abort.gas)) })
            }
        }
    }
}
