//===- Link.cpp - objects to shared object --------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Link.h"
#include "Embedded.h"

#include "lld/Common/CommonLinkerContext.h"
#include "lld/Common/Driver.h"

#include <mutex>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace mlir;

namespace dlc {

FailureOr<LinkInput> LinkInput::create(Location loc, StringRef contents) {
  LinkInput input(::memfd_create("dlc", MFD_CLOEXEC));
  if (input.fd < 0)
    return emitError(loc) << "can't make a file in memory: " << strerror(errno);
  if (!contents.empty()) {
    llvm::raw_fd_ostream os(input.fd, /*shouldClose=*/false, /*unbuffered=*/true);
    os << contents;
    if (os.has_error()) {
      std::string reason = os.error().message();
      os.clear_error();
      return emitError(loc) << "can't write a file in memory to link from: " << reason;
    }
  }
  return input;
}

LinkInput::~LinkInput() {
  if (fd >= 0)
    ::close(fd);
}

SmallVector<StringRef> getExportedFunctions(bool hasState) {
  SmallVector<StringRef> names = {"run",   "run_with", "call",        "create",   "destroy",   "arena_size",
                                  "reset", "release",  "set_threads", "describe", "last_error"};
  if (hasState)
    llvm::append_values(names, "state", "save", "load");
  return names;
}

LogicalResult linkSharedObject(LinkJob &job, Location loc) {
  auto runtime = LinkInput::create(loc, getEmbeddedRuntime());
  auto libc = LinkInput::create(loc, getEmbeddedLibc());
  auto libm = LinkInput::create(loc, getEmbeddedLibm());
  if (failed(runtime) || failed(libc) || failed(libm))
    return failure();

  std::vector<std::string> args = {"ld.lld", "-shared", "-o", job.outputPath, "-soname", job.soName,
                                   "--gc-sections", "--strip-debug", "--build-id=none",
                                   "--hash-style=gnu", "--as-needed", "-O1", "--threads=" +
                                   std::to_string(job.numThreads),
                                   "-z", "relro", "-z", "now", "-z", "noexecstack"};
  if (!job.allowUndefined)
    llvm::append_values(args, "-z", "defs");
  std::string exports = "{ global: dlc_model;";
  for (StringRef name : getExportedFunctions(job.hasState)) {
    std::string symbol = job.prefix + "_" + name.str();
    exports += " " + symbol + ";";
    args.push_back("--undefined=dlc_api_" + name.str());
    args.push_back("--defsym=" + symbol + "=dlc_api_" + name.str());
  }
  args.push_back("--undefined=dlc_api_model");
  args.push_back("--defsym=dlc_model=dlc_api_model");
  auto script = LinkInput::create(loc, exports + " local: *; };");
  if (failed(script))
    return failure();
  args.push_back("--version-script=" + script->path());
  for (const LinkInput &object : job.objects)
    args.push_back(object.path());
  llvm::append_values(args, runtime->path(), libm->path(), libc->path());

  // lld keeps its state in globals.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  std::vector<const char *> pointers;
  for (const std::string &arg : args)
    pointers.push_back(arg.c_str());
  std::string errors;
  llvm::raw_string_ostream errorStream(errors);
  lld::Result result = lld::lldMain(pointers, errorStream, errorStream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return emitError(loc) << "linking failed: " << StringRef(errors).trim();
  return success();
}

} // namespace dlc
