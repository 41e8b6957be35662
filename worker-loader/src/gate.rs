//! How many dynamic workers may be in flight at once.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

/// Lets at most so many **distinct** dynamic workers be in flight at once; further ones wait their turn.
///
/// Cloudflare refuses more than 4 from one request and more than 10 from one Durable Object ("Too many concurrent
/// dynamic workers", <https://developers.cloudflare.com/dynamic-workers/platform/limits/>). A second call to a
/// worker that is in flight already takes no further place. A clone is the same gate.
///
/// A place is given back when the answer's headers are here. A body that is not read to its end still counts for
/// the platform: read or cancel it.
#[derive(Clone, Debug)]
pub struct Gate(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    places: usize,
    /// Who is in flight, and how many times.
    inside: Vec<(Rc<str>, usize)>,
    /// In the order they came.
    waiting: Vec<Waiter>,
    next_ticket: u64,
}

#[derive(Debug)]
struct Waiter {
    ticket: u64,
    worker: Rc<str>,
    waker: Waker,
}

/// A worker without a name is the same as itself only.
fn same(a: &Rc<str>, b: &Rc<str>) -> bool {
    Rc::ptr_eq(a, b) || (!a.is_empty() && a == b)
}

impl State {
    /// Takes a place if there is one. First come, first served: a newcomer does not pass those who wait, except to
    /// join a worker that is inside.
    fn enter(&mut self, worker: &Rc<str>, ticket: Option<u64>) -> bool {
        if let Some((_, count)) = self.inside.iter_mut().find(|(inside, _)| same(inside, worker)) {
            *count += 1;
            return true;
        }
        let ahead = match ticket {
            None => self.waiting.len(),
            Some(ticket) => self.waiting.iter().position(|waiter| waiter.ticket == ticket).unwrap_or(0),
        };
        let free = self.inside.len() + ahead < self.places;
        if free {
            self.inside.push((worker.clone(), 1));
        }
        free
    }

    fn leave(&mut self, worker: &Rc<str>) {
        if let Some(at) = self.inside.iter().position(|(inside, _)| same(inside, worker)) {
            self.inside[at].1 -= 1;
            if self.inside[at].1 == 0 {
                self.inside.swap_remove(at);
            }
        }
    }

    /// Those who can enter now, to be woken once the state is no longer borrowed: a waker may run its task at once.
    /// One too many is harmless: it looks, and waits on.
    fn ready(&self) -> Vec<Waker> {
        let free = self.places.saturating_sub(self.inside.len());
        let can_enter = |(place, waiter): &(usize, &Waiter)| {
            *place < free || self.inside.iter().any(|(inside, _)| same(inside, &waiter.worker))
        };
        self.waiting.iter().enumerate().filter(can_enter).map(|(_, waiter)| waiter.waker.clone()).collect()
    }

    fn forget(&mut self, ticket: u64) {
        self.waiting.retain(|waiter| waiter.ticket != ticket);
    }
}

impl Gate {
    /// A gate for the calls of one request: 4 places.
    pub fn for_request() -> Self {
        Self::with_places(4)
    }

    /// A gate for the calls of one Durable Object: 10 places.
    pub fn for_durable_object() -> Self {
        Self::with_places(10)
    }

    /// A gate with so many places, at least one.
    pub fn with_places(places: usize) -> Self {
        Self(Rc::new(RefCell::new(State {
            places: places.max(1),
            inside: Vec::new(),
            waiting: Vec::new(),
            next_ticket: 0,
        })))
    }

    /// Waits for a place for the worker of this name; the empty name is a worker of its own each time. The place is free again when the permit is dropped, and a wait that is
    /// dropped leaves the queue.
    pub fn enter(&self, worker: impl Into<Rc<str>>) -> impl Future<Output = Permit> {
        Enter { gate: self.clone(), worker: worker.into(), ticket: None }
    }
}

/// A place inside a [`Gate`]; dropping it gives the place back.
#[derive(Debug)]
#[must_use = "a permit that is dropped is a place given back"]
pub struct Permit {
    gate: Gate,
    worker: Rc<str>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.gate.0.borrow_mut();
        state.leave(&self.worker);
        let ready = state.ready();
        drop(state);
        ready.into_iter().for_each(Waker::wake);
    }
}

struct Enter {
    gate: Gate,
    worker: Rc<str>,
    ticket: Option<u64>,
}

impl Future for Enter {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Permit> {
        let gate = self.gate.clone();
        let mut state = gate.0.borrow_mut();
        if state.enter(&self.worker, self.ticket) {
            if let Some(ticket) = self.ticket.take() {
                state.forget(ticket);
            }
            return Poll::Ready(Permit { gate: self.gate.clone(), worker: self.worker.clone() });
        }
        let waker = context.waker().clone();
        match self.ticket {
            Some(ticket) => {
                if let Some(waiter) = state.waiting.iter_mut().find(|waiter| waiter.ticket == ticket) {
                    waiter.waker = waker;
                }
            }
            None => {
                let ticket = state.next_ticket;
                state.next_ticket += 1;
                state.waiting.push(Waiter { ticket, worker: self.worker.clone(), waker });
                self.ticket = Some(ticket);
            }
        }
        Poll::Pending
    }
}

impl Drop for Enter {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let mut state = self.gate.0.borrow_mut();
            state.forget(ticket);
            // It may have been woken for a place that the next in line can have.
            let ready = state.ready();
            drop(state);
            ready.into_iter().for_each(Waker::wake);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    use std::task::Wake;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    struct Try<F> {
        future: Pin<Box<F>>,
        woken: Arc<Count>,
    }

    impl<F: Future<Output = Permit>> Try<F> {
        fn new(future: F) -> Self {
            Self { future: Box::pin(future), woken: Arc::default() }
        }

        fn poll(&mut self) -> Option<Permit> {
            let waker = Waker::from(self.woken.clone());
            match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(permit) => Some(permit),
                Poll::Pending => None,
            }
        }

        fn woken(&self) -> usize {
            self.woken.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn the_fifth_waits_and_enters_when_one_leaves() {
        let gate = Gate::for_request();
        let inside: Vec<_> = (0..4).map(|i| Try::new(gate.enter(format!("w{i}"))).poll().unwrap()).collect();
        let mut fifth = Try::new(gate.enter("w4"));
        let mut sixth = Try::new(gate.enter("w5"));
        assert!(fifth.poll().is_none());
        assert!(sixth.poll().is_none());
        let mut inside = inside.into_iter();
        drop(inside.next());
        assert_eq!((fifth.woken(), sixth.woken()), (1, 0), "first come, first served");
        assert!(sixth.poll().is_none(), "does not pass the fifth");
        let _fifth = fifth.poll().unwrap();
        assert!(sixth.poll().is_none());
        drop(inside.next());
        assert!(sixth.poll().is_some());
    }

    #[test]
    fn a_worker_in_flight_takes_one_place() {
        let gate = Gate::with_places(1);
        let first = Try::new(gate.enter("same")).poll().unwrap();
        let second = Try::new(gate.enter("same")).poll().unwrap();
        let mut other = Try::new(gate.enter("other"));
        assert!(other.poll().is_none());
        drop(first);
        assert!(other.poll().is_none(), "one call of it is still in flight");
        drop(second);
        assert!(other.poll().is_some());
    }

    #[test]
    fn workers_without_a_name_are_as_many_as_there_are_calls() {
        let gate = Gate::with_places(2);
        let one: Rc<str> = "".into();
        let _first = Try::new(gate.enter(one.clone())).poll().unwrap();
        let _again = Try::new(gate.enter(one)).poll().unwrap();
        let _second = Try::new(gate.enter("")).poll().unwrap();
        assert!(Try::new(gate.enter("")).poll().is_none());
    }

    #[test]
    fn a_wait_that_is_dropped_passes_its_turn_on() {
        let gate = Gate::with_places(1);
        let inside = Try::new(gate.enter("a")).poll().unwrap();
        let mut gone = Try::new(gate.enter("b"));
        let mut next = Try::new(gate.enter("c"));
        assert!(gone.poll().is_none());
        assert!(next.poll().is_none());
        drop(inside);
        drop(gone);
        assert!(next.woken() > 0);
        assert!(next.poll().is_some());
    }
}
