// RUN: dl-opt %s --split-input-file --verify-diagnostics

func.func @type() { // constant C1
  // expected-error @+1 {{all of {value, output} have same type}}
  %0 = "dl.constant"() <{value = dense<1> : tensor<2xi64>}> : () -> tensor<3xi64>
  return
}
