//===- Reproducer.cpp - what a crash leaves behind ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/Reproducer.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace dlc;
using llvm::StringRef;

namespace {
/// A file that the input refers to: a link `name` in the folder.
struct Companion {
  std::string path, name;
  Companion *next;
};

/// All that the handler needs, ready to be written.
struct Reproducer {
  std::string tool;       ///< "dl-compile"
  std::string folders[2]; ///< where it goes; the second if the first can't be made
  std::string input;      ///< the input's absolute path; empty for standard input
  std::string inputName;  ///< its name in the folder
  std::string command;    ///< quoted for sh
  StringRef inputBytes;
  std::atomic<Companion *> companions{nullptr};
  std::atomic<const char *> phase{"start"};
  std::atomic<bool> isReady{false}, isWritten{false};
  timer_t timer;
  bool hasTimer = false;
};
} // namespace

/// Never destroyed: a crash may come late.
static Reproducer &get() {
  static Reproducer &reproducer = *new Reproducer;
  return reproducer;
}

//===----------------------------------------------------------------------===//
// In the handler: system calls only
//===----------------------------------------------------------------------===//

static bool put(int fd, StringRef text) {
  while (!text.empty()) {
    ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    text = text.drop_front(written);
  }
  return true;
}

static int createAt(int folder, const char *name) {
  return ::openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
}

static bool copyInput(const Reproducer &reproducer, int folder) {
  int to = createAt(folder, reproducer.inputName.c_str());
  if (to < 0)
    return false;
  if (reproducer.input.empty()) {
    bool isPut = put(to, reproducer.inputBytes);
    ::close(to);
    return isPut;
  }
  int from = ::open(reproducer.input.c_str(), O_RDONLY | O_CLOEXEC);
  bool isCopied = from >= 0;
  char block[4096];
  ssize_t count = 0;
  while (isCopied && (count = ::read(from, block, sizeof block)) > 0)
    isCopied = put(to, StringRef(block, count));
  ::close(from);
  ::close(to);
  return isCopied && count == 0;
}

/// Links to a file that the input refers to, which may lie in folders of its own.
static void linkCompanion(const Companion &companion, int folder) {
  char path[4096];
  if (companion.name.size() >= sizeof path)
    return;
  for (size_t i = 0; i < companion.name.size(); ++i) {
    path[i] = companion.name[i];
    if (path[i] != '/')
      continue;
    path[i] = 0;
    ::mkdirat(folder, path, 0755);
    path[i] = '/';
  }
  (void)!::symlinkat(companion.path.c_str(), folder, companion.name.c_str());
}

static bool writeScript(const Reproducer &reproducer, int folder, StringRef what, StringRef phase) {
  int fd = createAt(folder, "replay.sh");
  bool isPut = fd >= 0 && put(fd, "#!/bin/sh\n# ") && put(fd, what) && put(fd, " in the phase ") &&
               put(fd, phase) && put(fd, "\ncd \"$(dirname \"$0\")\" && exec") &&
               put(fd, reproducer.command) && put(fd, "\n");
  ::close(fd);
  return isPut;
}

void dlc::writeReproducer(StringRef what) {
  Reproducer &reproducer = get();
  if (!reproducer.isReady || reproducer.isWritten.exchange(true))
    return;
  const char *phaseName = reproducer.phase;
  StringRef phase(phaseName, ::strlen(phaseName));
  for (StringRef part : {StringRef(reproducer.tool), StringRef(": "), what,
                         StringRef(" in the phase '"), phase, StringRef("'")})
    put(2, part);
  for (const std::string &path : reproducer.folders) {
    if (path.empty() || ::mkdir(path.c_str(), 0755))
      continue;
    int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
      continue;
    bool isWhole = copyInput(reproducer, folder) && writeScript(reproducer, folder, what, phase);
    for (const Companion *it = reproducer.companions; it; it = it->next)
      linkCompanion(*it, folder);
    ::close(folder);
    if (!isWhole)
      continue;
    put(2, "; to replay it: sh ");
    put(2, path);
    put(2, "/replay.sh");
    break;
  }
  put(2, "\n");
}

static void onCrash(void *) {
  writeReproducer("crashed");
  // LLVM's handlers follow, which print the stack and may wait for malloc's lock
  // for ever. They also use alarm().
  Reproducer &reproducer = get();
  itimerspec limit = {{0, 0}, {3, 0}};
  if (reproducer.hasTimer)
    ::timer_settime(reproducer.timer, 0, &limit, nullptr);
}

//===----------------------------------------------------------------------===//
// Before it
//===----------------------------------------------------------------------===//

void dlc::installCrashHandler() {
  Reproducer &reproducer = get();
  reproducer.hasTimer = ::timer_create(CLOCK_MONOTONIC, /*sevp: SIGALRM=*/nullptr,
                                       &reproducer.timer) == 0;
  llvm::sys::AddSignalHandler(onCrash, nullptr);
  ::signal(SIGXFSZ, SIG_IGN); // the write fails and says so
  setBugReportMessage();
}

void dlc::setBugReportMessage() {
  llvm::setBugReportMsg("This is an error in dlc. Please report it to its authors, with the input "
                        "and what is printed below.\n");
}

void dlc::prepareThreadForCrash() {
  // As large as LLVM's own for the main thread, whose handlers need it.
  constexpr size_t kBytes = 64 << 10;
  struct Stack {
    std::unique_ptr<char[]> memory{new char[kBytes]};
    bool isInstalled = false;
    Stack() {
      stack_t own = {}, old = {};
      if (::sigaltstack(nullptr, &old) || !(old.ss_flags & SS_DISABLE))
        return;
      own.ss_sp = memory.get();
      own.ss_size = kBytes;
      isInstalled = ::sigaltstack(&own, nullptr) == 0;
    }
    ~Stack() {
      stack_t none = {};
      none.ss_flags = SS_DISABLE;
      if (isInstalled)
        ::sigaltstack(&none, nullptr);
    }
  };
  static thread_local Stack stack;
  (void)stack;
}

/// Quoted for sh.
static std::string quote(StringRef argument) {
  std::string text = "'";
  for (char c : argument)
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

static std::string getAbsolute(StringRef path) {
  llvm::SmallString<256> absolute(path);
  (void)llvm::sys::fs::make_absolute(absolute);
  return absolute.str().str();
}

void dlc::prepareReproducer(int argc, char **argv, StringRef input, StringRef output) {
  Reproducer &reproducer = get();
  std::string program = llvm::sys::fs::getMainExecutable(argv[0], nullptr);
  std::string outputName = llvm::sys::path::filename(output).str();
  reproducer.tool = llvm::sys::path::filename(program).str();
  reproducer.input = input == "-" ? "" : getAbsolute(input);
  reproducer.inputName = input == "-" ? "stdin" : llvm::sys::path::filename(input).str();
  reproducer.command = " " + quote(program);
  for (StringRef argument : llvm::ArrayRef<char *>(argv, argc).drop_front()) {
    std::string own = argument.str();
    if (argument == input)
      own = reproducer.inputName;
    else if (!output.empty() && argument == output)
      own = outputName;
    else if (!output.empty() && argument.ends_with(("=" + output).str()))
      own = (argument.drop_back(output.size()) + outputName).str();
    reproducer.command += " " + quote(own);
  }
  std::string name = "dlc-crash-" + std::to_string(llvm::sys::Process::getProcessId());
  llvm::SmallString<128> temporary;
  llvm::sys::path::system_temp_directory(/*erasedOnReboot=*/true, temporary);
  llvm::sys::path::append(temporary, name);
  reproducer.folders[0] = name;
  reproducer.folders[1] = temporary.str().str();
  reproducer.isReady = true;
}

void dlc::setReproducerInput(StringRef bytes) { get().inputBytes = bytes; }

void dlc::addReproducerFile(StringRef path, StringRef name) {
  Reproducer &reproducer = get();
  Companion *companion = new Companion{getAbsolute(path), name.str(), reproducer.companions};
  while (!reproducer.companions.compare_exchange_weak(companion->next, companion))
    ;
}

void dlc::setCurrentPhase(llvm::StringLiteral phase) { get().phase = phase.data(); }
