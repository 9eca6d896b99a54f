//===- libm.c - the names an artefact may take from libm ------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Like libc.c. LLVM makes such calls of its intrinsics on CPUs that have no
// instruction for them.
//
//===----------------------------------------------------------------------===//

#define F(name) void name(void) {} void name##f(void) {}
F(ceil) F(copysign) F(cos) F(exp) F(exp2) F(fabs) F(floor) F(fma) F(fmax) F(fmin) F(fmod)
F(frexp) F(ldexp) F(log) F(log10) F(log2) F(nearbyint) F(pow) F(rint) F(round) F(roundeven)
F(sin) F(sincos) F(sqrt) F(tan) F(tanh) F(trunc)
