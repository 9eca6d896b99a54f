//===- TestCrash.cpp - crashes, to test what they leave behind ------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestCrash.h"
#include "dlc/Support/Reproducer.h"
#include "llvm/Support/Threading.h"
#include "llvm/Support/thread.h"

#include <csignal>
#include <cstdlib>

/// Recurses until the stack ends.
static int overflowStack(volatile int *above) {
  volatile int here[256];
  here[0] = *above + 1;
  if (here[0] < 0)
    return 0;
  return overflowStack(here) + here[0];
}

/// malloc finds the second free while it holds its lock: a block of this size is
/// in no cache of the thread.
static void damageHeap() {
  void *volatile block = std::malloc(5000);
  void *volatile guard = std::malloc(5000);
  std::free(block);
  std::free(block);
  std::free(guard);
}

static void exhaustMemory() {
  while (true) {
    volatile char *block = new char[1 << 20];
    block[0] = 1;
  }
}

void dlc::crashForTest(llvm::StringRef kind) {
  volatile int start = 0;
  if (kind == "signal") {
    std::raise(SIGSEGV);
  } else if (kind == "abort") {
    std::abort();
  } else if (kind == "overflow") {
    overflowStack(&start);
  } else if (kind == "thread") {
    llvm::thread([&] {
      prepareThreadForCrash();
      overflowStack(&start);
    }).join();
  } else if (kind == "malloc") {
    llvm::thread([] {}).join(); // with one thread malloc takes no lock
    damageHeap();
  } else if (kind == "memory") {
    exhaustMemory();
  }
}
