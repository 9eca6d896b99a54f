//===- DlFactorOps.td - factorisations of matrices and solvers -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_FACTOR_OPS_TD
#define DL_FACTOR_OPS_TD

include "dl/IR/DlBase.td"

def Dl_CholeskyOp : Dl_PureOp<"cholesky"> {
  let summary = "L with L·Lᵀ = A; NaN from the first minor on that is not positive definite";
  let arguments = (ins Dl_FloatTensor:$input, UnitAttr:$upper);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
}

def Dl_TriangularSolveOp : Dl_PureOp<"triangular_solve"> {
  let summary = "X with op(A)·X = B, or X·op(A) = B with `right_side`; A triangular";
  let description = [{
    Only the `upper` or lower triangle of A is read; with `unit_diagonal` its
    diagonal counts as 1. op transposes with `transpose`.
  }];
  let arguments = (ins Dl_FloatTensor:$a, Dl_FloatTensor:$b, UnitAttr:$right_side,
                       UnitAttr:$upper, UnitAttr:$unit_diagonal, UnitAttr:$transpose);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a) `,` type($b) `->` type($output)";
}

def Dl_LuOp : Dl_PureOp<"lu"> {
  let summary = "A = P·L·U by partial pivoting, L and U in one matrix";
  let description = [{
    U is the upper triangle of `factors`, L the part below, its diagonal 1. Step i
    exchanged row i with row pivots[i] ≥ i, which had the largest absolute value
    (`exchange_rows` repeats that). A column without a nonzero leaves 0 in U.
  }];
  let arguments = (ins Dl_FloatTensor:$input);
  let results = (outs Dl_FloatTensor:$factors, Dl_IndexTensor:$pivots);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($factors) `,` type($pivots)";
}

def Dl_ExchangeRowsOp : Dl_PureOp<"exchange_rows"> {
  let summary = "exchanges row i with row pivots[i], for each i in turn";
  let description = [{
    From the first pivot to the last: Pᵀ·X for the P of `lu`; with `backward` from the
    last to the first: P·X. A pivot that is no row ends the run with an error.
  }];
  let arguments = (ins Dl_Tensor:$input, Dl_IndexTensor:$pivots, UnitAttr:$backward);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $pivots attr-dict `:` type($input) `,` type($pivots) `->` type($output)
  }];
}

def Dl_HouseholderQrOp : Dl_PureOp<"householder_qr"> {
  let summary = "A = Q·R, Q as a product of reflections (LAPACK's geqrf)";
  let description = [{
    R is the upper triangle of `factors`. Reflection i is I − tau[i]·v·vᵀ, v's entries
    below i are those of column i below the diagonal, v[i] = 1, those above are 0.
  }];
  let arguments = (ins Dl_FloatTensor:$input);
  let results = (outs Dl_FloatTensor:$factors, Dl_FloatTensor:$tau);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($factors) `,` type($tau)";
}

def Dl_HouseholderProductOp : Dl_PureOp<"householder_product"> {
  let summary = "the first columns of a product of reflections (LAPACK's orgqr)";
  let description = [{
    As many columns as `factors` has, of H₀·H₁·…; the reflections are those of
    `householder_qr`, as many as `tau` has.
  }];
  let arguments = (ins Dl_FloatTensor:$factors, Dl_FloatTensor:$tau);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = [{
    $factors `,` $tau attr-dict `:` type($factors) `,` type($tau) `->` type($output)
  }];
}

def Dl_QrOp : Dl_PureOp<"qr"> {
  let summary = "A = Q·R, Q's columns orthonormal, R upper triangular";
  let description = [{
    Q and R as `householder_qr` makes them. Q has min(m, n) columns, or with
    `complete` is square.
  }];
  let arguments = (ins Dl_FloatTensor:$input, UnitAttr:$complete);
  let results = (outs Dl_FloatTensor:$q, Dl_FloatTensor:$r);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($q) `,` type($r)";
}

def Dl_EighOp : Dl_PureOp<"eigh"> {
  let summary = "eigenvalues, ascending, and eigenvectors of a symmetric matrix";
  let description = [{
    A = V·diag(values)·Vᵀ, V = `vectors` orthogonal. Only the lower triangle of A is
    read, or with `upper` the upper one. Of each column of V the first element of
    more than half the largest absolute value is positive.
  }];
  let arguments = (ins Dl_FloatTensor:$input, UnitAttr:$upper);
  let results = (outs Dl_FloatTensor:$values, Dl_FloatTensor:$vectors);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($values) `,` type($vectors)";
}

def Dl_EigOp : Dl_PureOp<"eig"> {
  let summary = "eigenvalues and eigenvectors of a matrix of complex numbers";
  let description = [{
    A·V = V·diag(values), V = `vectors`; complex numbers have a last dimension of 2
    (real, imaginary). Eigenvalues come as the QR algorithm finds them, of a real matrix's
    pairs the positive imaginary part first. Columns of V have length 1, and the first
    of the largest elements of each is real and positive.
  }];
  let arguments = (ins Dl_FloatTensor:$input);
  let results = (outs Dl_FloatTensor:$values, Dl_FloatTensor:$vectors);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($values) `,` type($vectors)";
}

def Dl_SvdOp : Dl_PureOp<"svd"> {
  let summary = "A = U·diag(s)·Vᵀ, the singular values s descending";
  let description = [{
    U and V have orthonormal columns: min(m, n) of them, or with `full` m and n, s
    having min(m, n) elements either way. Of each column of U that belongs to a nonzero
    s the first element of more than half the largest absolute value is positive.
  }];
  let arguments = (ins Dl_FloatTensor:$input, UnitAttr:$full);
  let results = (outs Dl_FloatTensor:$u, Dl_FloatTensor:$s, Dl_FloatTensor:$vt);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `->` type($u) `,` type($s) `,` type($vt)
  }];
}

def Dl_LdlOp : Dl_PureOp<"ldl"> {
  let summary = "A = L·D·Lᵀ of a symmetric matrix, with exchanges (LAPACK's sytrf)";
  let description = [{
    By Bunch and Kaufman's pivoting, of the lower triangle: D has blocks of 1 or 2 rows.
    `factors` holds D and, below its blocks, the columns of L, and 0 above the diagonal.
    pivots[i] = p > 0 is a block of one row, exchanged with row p − 1;
    pivots[i] = pivots[i + 1] = −p a block of two, the second exchanged with row p − 1.
  }];
  let arguments = (ins Dl_FloatTensor:$input);
  let results = (outs Dl_FloatTensor:$factors, Dl_IndexTensor:$pivots);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($factors) `,` type($pivots)";
}

def Dl_LdlSolveOp : Dl_PureOp<"ldl_solve"> {
  let summary = "X with A·X = B, A given by its `ldl`";
  let description = [{
    A pivot that `ldl` cannot have given ends the run with an error.
  }];
  let arguments = (ins Dl_FloatTensor:$factors, Dl_IndexTensor:$pivots, Dl_FloatTensor:$b);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = [{
    $factors `,` $pivots `,` $b attr-dict
    `:` type($factors) `,` type($pivots) `,` type($b) `->` type($output)
  }];
}

#endif // DL_FACTOR_OPS_TD
