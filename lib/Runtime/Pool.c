//===- Pool.c - a small fork-join thread pool -----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One pool an artefact. A job is announced by one 64-bit word that says which job
// it is, how many workers may join and how many are in it; workers that come too
// late find it closed, so nobody waits for a thread that is still waking up. An
// idle worker spins for 200 µs, then sleeps on a futex: one fork-join costs about
// half a microsecond while the model is running, also across the serial kernels
// of a run and the caller's work between two, and nothing when it isn't. (Waking a
// sleeper takes 50 µs and more in a virtual machine.)
//
// When two threads run the model at once, one gets the pool and the other works
// alone. After fork() the child has no workers: the pool lies in memory that the
// kernel zeroes in the child, so there it starts anew.
//
//===----------------------------------------------------------------------===//

#define _GNU_SOURCE
#include "Model.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORKERS 255
#define SPIN_NANOSECONDS 200000

/// The state word: which job (its upper half, the futex), whether it is open,
/// how many workers may join it, how many are in it.
#define STATE_GENERATION (UINT64_C(1) << 32)
#define STATE_OPEN (UINT64_C(1) << 31)
#define STATE_LIMIT_SHIFT 16
#define STATE_ACTIVE_MASK UINT64_C(0xffff)

typedef struct pool {
  _Alignas(64) _Atomic uint64_t state;
  _Alignas(64) _Atomic int32_t sleepers;
  _Alignas(64) atomic_flag busy;
  atomic_bool stop;
  pid_t owner;  ///< set when fork doesn't wipe this memory
  dlc_job *job; ///< written while closed and empty
  int32_t workers;
  pthread_t threads[MAX_WORKERS];
} pool;

static _Atomic(pool *) the_pool;
static atomic_bool shut_down;

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static uint32_t *futex_word(pool *p) {
  return (uint32_t *)&p->state + (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
}

static void run_chunks(dlc_job *job) {
  for (;;) {
    int64_t begin =
        atomic_fetch_add_explicit(&job->next, job->chunk, memory_order_relaxed);
    if (begin >= job->count)
      return;
    int64_t end = job->count - begin < job->chunk ? job->count : begin + job->chunk;
    job->body(job->context, begin, end);
  }
}

/// Waits until the state is of another job than `generation`: spins, then sleeps.
static uint64_t wait_for_job(pool *p, uint32_t generation) {
  int64_t deadline = 0;
  for (int spins = 0;; ++spins) {
    uint64_t state = atomic_load_explicit(&p->state, memory_order_acquire);
    if ((uint32_t)(state >> 32) != generation)
      return state;
    relax();
    if (spins & 31)
      continue;
    int64_t time = now();
    if (!deadline) {
      deadline = time + SPIN_NANOSECONDS;
    } else if (time > deadline) {
      atomic_fetch_add(&p->sleepers, 1);
      if ((uint32_t)(atomic_load(&p->state) >> 32) == generation)
        syscall(SYS_futex, futex_word(p), FUTEX_WAIT_PRIVATE, generation, NULL, NULL, 0);
      atomic_fetch_sub(&p->sleepers, 1);
      deadline = 0;
    }
  }
}

typedef struct worker_start {
  pool *p;
  uint32_t id, generation;
  atomic_bool taken;
} worker_start;

static void *worker(void *argument) {
  worker_start *start = argument;
  pool *p = start->p;
  uint32_t id = start->id, generation = start->generation;
  atomic_store_explicit(&start->taken, true, memory_order_release);
  for (;;) {
    uint64_t state = wait_for_job(p, generation);
    generation = (uint32_t)(state >> 32);
    if (atomic_load_explicit(&p->stop, memory_order_acquire))
      return NULL;
    // Joins while the job is open; another job may have come meanwhile.
    bool joined = false;
    while (!joined && (state & STATE_OPEN) && (uint32_t)(state >> 32) == generation &&
           id < ((state >> STATE_LIMIT_SHIFT) & 0x7fff))
      joined = atomic_compare_exchange_weak_explicit(
          &p->state, &state, state + 1, memory_order_acq_rel, memory_order_acquire);
    if (!joined)
      continue;
    run_chunks(p->job);
    atomic_fetch_sub_explicit(&p->state, 1, memory_order_release);
  }
}

/// The pool, made at first use; null where there is no memory for it.
static pool *get_pool(void) {
  pool *p = atomic_load_explicit(&the_pool, memory_order_acquire);
  if (p)
    return p;
  size_t bytes = (sizeof(pool) + 65535) & ~(size_t)65535; // whole pages of any size
  p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED)
    return NULL;
  if (madvise(p, bytes, MADV_WIPEONFORK))
    p->owner = getpid();
  pool *expected = NULL;
  if (!atomic_compare_exchange_strong(&the_pool, &expected, p)) {
    munmap(p, bytes);
    p = expected;
  }
  return p;
}

/// Starts workers until there are `count`, or as many as the system gives.
static void start_workers(pool *p, int32_t count) {
  // Signals belong to the host program's threads.
  sigset_t everything, before;
  sigfillset(&everything);
  pthread_sigmask(SIG_SETMASK, &everything, &before);
  while (p->workers < count) {
    worker_start start = {p, (uint32_t)p->workers, (uint32_t)(p->state >> 32), false};
    if (pthread_create(&p->threads[p->workers], NULL, worker, &start))
      break;
    ++p->workers;
    while (!atomic_load_explicit(&start.taken, memory_order_acquire))
      sched_yield();
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void dlc_pool_run(dlc_job *job, int32_t threads) {
  int32_t wanted = threads - 1 < MAX_WORKERS ? threads - 1 : MAX_WORKERS;
  bool serial = wanted <= 0 || atomic_load_explicit(&shut_down, memory_order_relaxed);
  pool *p = serial ? NULL : get_pool();
  if (p && p->owner && p->owner != getpid()) { // fork without wiping
    memset(p, 0, sizeof *p);
    p->owner = getpid();
  }
  if (!p || atomic_flag_test_and_set_explicit(&p->busy, memory_order_acquire))
    return run_chunks(job);
  if (p->workers < wanted)
    start_workers(p, wanted);
  p->job = job;
  uint64_t generation = (atomic_load_explicit(&p->state, memory_order_relaxed) >> 32) + 1;
  atomic_store(&p->state, (generation << 32) | STATE_OPEN | ((uint64_t)wanted << STATE_LIMIT_SHIFT));
  if (atomic_load(&p->sleepers))
    syscall(SYS_futex, futex_word(p), FUTEX_WAKE_PRIVATE, MAX_WORKERS, NULL, NULL, 0);
  run_chunks(job);
  atomic_fetch_and_explicit(&p->state, ~STATE_OPEN, memory_order_acq_rel);
  for (int spins = 0; atomic_load_explicit(&p->state, memory_order_acquire) & STATE_ACTIVE_MASK;
       ++spins) {
    if (spins < 4096)
      relax();
    else
      sched_yield();
  }
  atomic_flag_clear_explicit(&p->busy, memory_order_release);
}

/// Before the artefact is unloaded, or the process ends: its threads end.
void dlc_pool_shutdown(void) {
  atomic_store(&shut_down, true);
  pool *p = atomic_load_explicit(&the_pool, memory_order_acquire);
  if (!p || (p->owner && p->owner != getpid()))
    return;
  // Whoever is still running a model now will never return to it: leave it be.
  for (int tries = 0; atomic_flag_test_and_set_explicit(&p->busy, memory_order_acquire); ++tries) {
    if (tries == 1000)
      return;
    sched_yield();
  }
  atomic_store_explicit(&p->stop, true, memory_order_release);
  atomic_fetch_add(&p->state, STATE_GENERATION);
  syscall(SYS_futex, futex_word(p), FUTEX_WAKE_PRIVATE, MAX_WORKERS, NULL, NULL, 0);
  for (int32_t i = 0; i < p->workers; ++i)
    pthread_join(p->threads[i], NULL);
  munmap(p, (sizeof(pool) + 65535) & ~(size_t)65535);
  atomic_store(&the_pool, NULL);
}

int32_t dlc_cpu_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set))
    return 1;
  int32_t count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}
