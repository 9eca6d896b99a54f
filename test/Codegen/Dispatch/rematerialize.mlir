// RUN: dl-opt %s -dl-rematerialize=memory=12KiB | FileCheck %s
// RUN: dl-opt %s -dl-rematerialize="memory=8KiB report" -o /dev/null 2>&1 | FileCheck %s --check-prefix=REPORT
// RUN: dl-opt %s -dl-rematerialize="memory=0.5 report" -o /dev/null 2>&1 | FileCheck %s --check-prefix=SHARE
// RUN: not dl-opt %s -dl-rematerialize=memory=3 2>&1 | FileCheck %s --check-prefix=ERROR

// ERROR: error: memory='3' is neither a share, as 0.5, nor a size, as 512MiB

func.func private @exp(%x: tensor<1024xf32>) -> tensor<1024xf32> attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<1024xf32> -> tensor<1024xf32>
  return %0 : tensor<1024xf32>
}
func.func private @mul(%x: tensor<1024xf32>, %y: tensor<1024xf32>) -> tensor<1024xf32> attributes {dlc.kernel} {
  %0 = dl.mul %x, %y : tensor<1024xf32>, tensor<1024xf32> -> tensor<1024xf32>
  return %0 : tensor<1024xf32>
}

// What waits longest costs as much as the others; the result is the caller's.
// CHECK-LABEL: func.func @chain
// CHECK-SAME: %[[X:.*]]: tensor<1024xf32>)
// CHECK: %[[A:.*]] = dispatch.launch @exp(%[[X]])
// CHECK-NEXT: %[[B:.*]] = dispatch.launch @exp(%[[A]])
// CHECK-NEXT: %[[C:.*]] = dispatch.launch @exp(%[[B]])
// CHECK-NEXT: %[[D:.*]] = dispatch.launch @mul(%[[C]], %[[B]])
// CHECK-NEXT: %[[AGAIN:.*]] = dispatch.launch @exp(%[[X]])
// CHECK-NEXT: dispatch.launch @mul(%[[D]], %[[AGAIN]])
// REPORT: remark: 4.0 KiB made again, 0.002 ms
// REPORT: warning: 'chain' takes 12.0 KiB at least, more than the budget of 8.0 KiB
// REPORT: remark: 'chain': 16.0 KiB became 12.0 KiB, with a budget of 8.0 KiB, for 17.6 % more work
func.func @chain(%x: tensor<1024xf32>) -> tensor<1024xf32> {
  %0 = dispatch.launch @exp(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %1 = dispatch.launch @exp(%0) : (tensor<1024xf32>) -> tensor<1024xf32>
  %2 = dispatch.launch @exp(%1) : (tensor<1024xf32>) -> tensor<1024xf32>
  %3 = dispatch.launch @mul(%2, %1) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %4 = dispatch.launch @mul(%3, %0) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  return %4 : tensor<1024xf32>
}

// The share is one of what this function takes, the other has room then. What is made again
// in a row counts as made at once in the first round, of which 28 KiB would be left.
// SHARE: 'chain': 16.0 KiB became 16.0 KiB, with a budget of 22.0 KiB
// SHARE: 'long_chain': 44.0 KiB became 20.0 KiB, with a budget of 22.0 KiB
func.func @long_chain(%0: tensor<1024xf32>) -> tensor<1024xf32> {
  %1 = dispatch.launch @exp(%0) : (tensor<1024xf32>) -> tensor<1024xf32>
  %2 = dispatch.launch @exp(%1) : (tensor<1024xf32>) -> tensor<1024xf32>
  %3 = dispatch.launch @exp(%2) : (tensor<1024xf32>) -> tensor<1024xf32>
  %4 = dispatch.launch @exp(%3) : (tensor<1024xf32>) -> tensor<1024xf32>
  %5 = dispatch.launch @exp(%4) : (tensor<1024xf32>) -> tensor<1024xf32>
  %6 = dispatch.launch @exp(%5) : (tensor<1024xf32>) -> tensor<1024xf32>
  %7 = dispatch.launch @exp(%6) : (tensor<1024xf32>) -> tensor<1024xf32>
  %8 = dispatch.launch @exp(%7) : (tensor<1024xf32>) -> tensor<1024xf32>
  %9 = dispatch.launch @exp(%8) : (tensor<1024xf32>) -> tensor<1024xf32>
  %10 = dispatch.launch @exp(%9) : (tensor<1024xf32>) -> tensor<1024xf32>
  %11 = dispatch.launch @mul(%10, %9) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %12 = dispatch.launch @mul(%11, %8) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %13 = dispatch.launch @mul(%12, %7) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %14 = dispatch.launch @mul(%13, %6) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %15 = dispatch.launch @mul(%14, %5) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %16 = dispatch.launch @mul(%15, %4) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %17 = dispatch.launch @mul(%16, %3) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %18 = dispatch.launch @mul(%17, %2) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %19 = dispatch.launch @mul(%18, %1) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  return %19 : tensor<1024xf32>
}

// In a loop's body. Random numbers are a function of their key.
func.func private @random(%key: tensor<2xi64>) -> tensor<1024xf32> attributes {dlc.kernel} {
  %zero = dl.constant dense<0.0> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %0 = dl.rng_uniform %key, %zero, %one : tensor<2xi64>, tensor<f32>, tensor<f32> -> tensor<1024xf32>
  return %0 : tensor<1024xf32>
}
// CHECK-LABEL: func.func @loop
// CHECK: scf.for
// CHECK-NEXT: %[[R:.*]] = dispatch.launch @random
// CHECK-NEXT: %[[V:.*]] = dispatch.view %[[R]]
// CHECK: dispatch.launch @exp
// CHECK: %[[R2:.*]] = dispatch.launch @random
// CHECK-NEXT: dispatch.launch @mul(%{{.*}}, %[[R2]])
func.func @loop(%x: tensor<1024xf32>, %key: tensor<2xi64>) -> tensor<1024xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %r = scf.for %i = %c0 to %c9 step %c1 iter_args(%y = %x) -> (tensor<1024xf32>) {
    %0 = dispatch.launch @random(%key) : (tensor<2xi64>) -> tensor<1024xf32>
    %v = dispatch.view %0 : tensor<1024xf32> -> tensor<32x32xf32>
    %w = dispatch.view %v : tensor<32x32xf32> -> tensor<1024xf32>
    %1 = dispatch.launch @exp(%w) : (tensor<1024xf32>) -> tensor<1024xf32>
    %2 = dispatch.launch @exp(%1) : (tensor<1024xf32>) -> tensor<1024xf32>
    %3 = dispatch.launch @mul(%2, %1) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
    %4 = dispatch.launch @mul(%3, %0) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
    scf.yield %4 : tensor<1024xf32>
  }
  return %r : tensor<1024xf32>
}
