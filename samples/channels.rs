// Threads and channels of Rust's standard library: a pipeline, workers behind a shared receiver, a rendezvous, locks that a
// panic poisons, scoped threads, parking, storage per thread. With an argument: so many rounds, for minutes. (Built by
// `make torture`, where a Rust compiler is.)
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{channel, sync_channel, RecvTimeoutError};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;
use std::time::Duration;

const STAGES: usize = 50;
const ITEMS: usize = 200;
const WORKERS: usize = 16;
const CROWD: usize = 200;

fn pipeline() -> usize {
    let (first, mut last) = channel::<usize>();
    let mut threads = Vec::new();
    for _ in 0..STAGES {
        let (to, next) = channel();
        let from = std::mem::replace(&mut last, next);
        threads.push(thread::spawn(move || {
            for item in from {
                to.send(item + 1).unwrap();
            }
        }));
    }
    for item in 0..ITEMS {
        first.send(item).unwrap();
    }
    drop(first);
    let sum = last.iter().sum();
    for one in threads {
        one.join().unwrap();
    }
    sum
}

fn workers() -> usize {
    let (jobs, queue) = sync_channel::<usize>(4);
    let queue = Arc::new(Mutex::new(queue));
    let (results, all) = channel();
    for _ in 0..WORKERS {
        let (queue, results) = (queue.clone(), results.clone());
        thread::spawn(move || loop {
            let job = queue.lock().unwrap().recv();
            match job {
                Ok(number) => results.send(vec![number; 100].iter().sum::<usize>()).unwrap(),
                Err(_) => return,
            }
        });
    }
    drop(results);
    for number in 0..ITEMS {
        jobs.send(number).unwrap();
    }
    drop(jobs);
    all.iter().sum()
}

fn rendezvous() -> (usize, bool) {
    let (to, from) = sync_channel::<usize>(0);
    let sender = thread::spawn(move || (0..ITEMS).for_each(|item| to.send(item).unwrap()));
    let sum = from.iter().sum();
    sender.join().unwrap();
    let (_kept, never) = channel::<()>();
    (sum, never.recv_timeout(Duration::from_millis(2)) == Err(RecvTimeoutError::Timeout))
}

fn panics() -> (usize, bool) {
    let lock = Arc::new(Mutex::new(0));
    let mut failed = 0;
    for number in 0..20 {
        let lock = lock.clone();
        let result = thread::spawn(move || {
            let mut guard = lock.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            *guard += 1;
            if number % 2 == 0 {
                std::panic::resume_unwind(Box::new(number));
            }
        });
        failed += result.join().is_err() as usize;
    }
    (failed, lock.is_poisoned())
}

struct Counted<'a>(&'a AtomicUsize);
impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

thread_local! {
    static MINE: RefCell<HashMap<usize, String>> = RefCell::new(HashMap::new());
    static LAST: RefCell<Option<Counted<'static>>> = const { RefCell::new(None) };
}
static DROPPED: AtomicUsize = AtomicUsize::new(0);

fn crowd() -> (usize, usize, usize) {
    DROPPED.store(0, Ordering::SeqCst);
    let barrier = Barrier::new(CROWD);
    let (total, leaders, once) = (RwLock::new(0), AtomicUsize::new(0), Once::new());
    thread::scope(|scope| {
        let start = |number: usize| {
            let (barrier, total, leaders, once) = (&barrier, &total, &leaders, &once);
            scope.spawn(move || {
                LAST.with(|last| *last.borrow_mut() = Some(Counted(&DROPPED)));
                MINE.with(|mine| mine.borrow_mut().insert(number, number.to_string()));
                once.call_once(|| *total.write().unwrap() += 1000);
                if barrier.wait().is_leader() {
                    leaders.fetch_add(1, Ordering::SeqCst);
                }
                *total.write().unwrap() += MINE.with(|mine| mine.borrow().len());
                assert!(*total.read().unwrap() > 1000);
            })
        };
        let threads: Vec<_> = (0..CROWD).map(start).collect();
        // The scope itself would not wait for what a thread destroys at its end.
        threads.into_iter().for_each(|one| one.join().unwrap());
    });
    let sum = *total.read().unwrap();
    (sum, leaders.into_inner(), DROPPED.load(Ordering::SeqCst))
}

fn parking() -> usize {
    let state = Arc::new((Mutex::new(0), Condvar::new()));
    let parked: Vec<_> = (0..WORKERS)
        .map(|_| {
            let state = state.clone();
            thread::spawn(move || {
                thread::park();
                *state.0.lock().unwrap() += 1;
                state.1.notify_all();
            })
        })
        .collect();
    parked.iter().for_each(|one| one.thread().unpark());
    let guard = state.1.wait_while(state.0.lock().unwrap(), |count| *count < WORKERS).unwrap();
    let count = *guard;
    drop(guard);
    parked.into_iter().for_each(|one| one.join().unwrap());
    count
}

fn main() {
    let rounds = std::env::args().nth(1).map_or(1, |word| word.parse().unwrap());
    for _ in 0..rounds {
        println!("pipeline {}, workers {}, rendezvous {:?}", pipeline(), workers(), rendezvous());
        println!("panics {:?}, crowd {:?}, parking {}", panics(), crowd(), parking());
    }
}
