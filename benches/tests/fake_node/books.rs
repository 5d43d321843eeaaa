//! The toy ledger: balances, orders and programs, as far as the load uses them.

use std::collections::{BTreeMap, BTreeSet};

use types::*;

/// How far an order has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Held,
    Captured,
    Refunded,
}

/// Who has what. What is held for an order is in its record, and what a program was paid in its account.
#[derive(Default)]
pub(super) struct Books {
    pub(super) balances: BTreeMap<Address, u128>,
    pub(super) merchants: BTreeMap<Address, Merchant>,
    orders: BTreeMap<(Address, OrderId), (State, Address, u128)>,
    programs: BTreeSet<Address>,
}

impl Books {
    /// Everything is with one account.
    pub(super) fn new(owner: Address, supply: u128) -> Books {
        Books { balances: BTreeMap::from([(owner, supply)]), ..Books::default() }
    }

    /// What all accounts and orders hold.
    pub(super) fn held(&self) -> u128 {
        let orders = self.orders.values().filter(|(state, ..)| *state == State::Held).map(|(.., amount)| amount);
        self.balances.values().chain(orders).sum()
    }

    /// How many orders were captured, and how many of these were refunded.
    pub(super) fn sales(&self) -> (usize, usize) {
        let count = |wanted: &[State]| self.orders.values().filter(|(state, ..)| wanted.contains(state)).count();
        (count(&[State::Captured, State::Refunded]), count(&[State::Refunded]))
    }

    /// What the programs were paid.
    pub(super) fn paid_to_programs(&self) -> u128 {
        self.programs.iter().filter_map(|program| self.balances.get(program)).sum()
    }

    /// Whether the order that this stands on is there.
    pub(super) fn stands(&self, payer: Address, payment: &Payment) -> bool {
        let state = |order: &OrderId| self.orders.get(&(payer, order.clone())).map(|(state, ..)| *state);
        match payment {
            Payment::Capture { order, .. } => state(order) == Some(State::Held),
            Payment::Refund { order, .. } => state(order) == Some(State::Captured),
            _ => true,
        }
    }

    /// Does what the instruction says, or says why not.
    pub(super) fn execute(&mut self, origin: Origin, payer: Address, instruction: &Instruction) -> Result<(), String> {
        match instruction {
            Instruction::Transfer { to, amount, .. } => self.transfer(payer, *to, amount.0),
            Instruction::RegisterMerchant { merchant, entry } => {
                self.merchants.insert(*merchant, Merchant::clone(entry));
                Ok(())
            }
            Instruction::DeployProgram(_) => {
                self.programs.insert(Address::of_program(&payer, &origin.transaction, origin.instruction));
                Ok(())
            }
            Instruction::CallProgram(call) if self.programs.contains(&call.program) => {
                let (_, amount) = call.attach.ok_or("nothing is paid")?;
                self.transfer(payer, call.program, amount.0)
            }
            Instruction::Payment(payment) => self.pay(payer, payment),
            _ => Err("unsupported".into()),
        }
    }

    fn pay(&mut self, payer: Address, payment: &Payment) -> Result<(), String> {
        if !self.stands(payer, payment) {
            return Err("unknown_order".into());
        }
        match payment {
            Payment::Hold { merchant, order, amount, .. } if self.merchants.contains_key(merchant) => {
                self.take(payer, amount.0)?;
                self.orders.insert((*merchant, order.clone()), (State::Held, payer, amount.0));
                Ok(())
            }
            Payment::Capture { order, amount, .. } => {
                if let Some((state, ..)) = self.orders.get_mut(&(payer, order.clone())) {
                    *state = State::Captured;
                }
                *self.balances.entry(payer).or_default() += amount.0;
                Ok(())
            }
            Payment::Refund { order, amount } => {
                let (state, customer, _) = self.orders.get_mut(&(payer, order.clone())).ok_or("unknown_order")?;
                *state = State::Refunded;
                let customer = *customer;
                self.transfer(payer, customer, amount.0)
            }
            _ => Err("unsupported".into()),
        }
    }

    fn take(&mut self, from: Address, amount: u128) -> Result<(), String> {
        let from = self.balances.entry(from).or_default();
        *from = from.checked_sub(amount).ok_or("overdraft")?;
        Ok(())
    }

    fn transfer(&mut self, from: Address, to: Address, amount: u128) -> Result<(), String> {
        self.take(from, amount)?;
        *self.balances.entry(to).or_default() += amount;
        Ok(())
    }
}
