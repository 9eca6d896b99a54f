//===- libc.c - the names an artefact may take from libc ------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linked into a shared object that stands for libc.so.6 when an artefact is
// linked. A name that is missing here is an undefined symbol at compile time
// rather than a surprise where the artefact is loaded. The names exist in glibc
// 2.34 and later, and in musl.
//
//===----------------------------------------------------------------------===//

#define F(name) void name(void) {}
F(__errno_location) F(__sched_cpucount) F(__cxa_finalize)
F(aligned_alloc) F(calloc) F(free) F(malloc) F(posix_memalign) F(realloc) F(qsort)
F(memchr) F(memcmp) F(memcpy) F(memmove) F(memset) F(bcmp)
F(strchr) F(strcmp) F(strcpy) F(strerror) F(strlen) F(strncmp) F(strrchr)
F(snprintf) F(vsnprintf)
F(close) F(rename) F(unlink) F(write) F(fstat) F(getpid) F(madvise) F(mmap) F(mprotect) F(munmap) F(open) F(syscall)
F(clock_gettime) F(nanosleep) F(sched_getaffinity) F(sched_yield) F(sysconf) F(sigfillset)
F(dladdr) F(dlclose) F(dlerror) F(dlopen) F(dlsym)
F(pthread_create) F(pthread_join) F(pthread_self) F(pthread_sigmask)
F(pthread_getspecific) F(pthread_key_create) F(pthread_key_delete) F(pthread_setspecific)
F(pthread_mutex_destroy) F(pthread_mutex_init) F(pthread_mutex_lock) F(pthread_mutex_unlock)
