//===- DlBase.td - dl dialect, types and traits ------------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_BASE_TD
#define DL_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Dl_Dialect : Dialect {
  let name = "dl";
  let cppNamespace = "::dlc::dl";
  let summary = "Deep-learning tensor programs";
  let description = [{
    Every frontend of dlc lowers into this dialect and every backend starts
    from it. Values are builtin ranked tensors with value semantics; a
    dimension is static or `?`. Binary operations take equal shapes:
    broadcasting is an operation of its own. Control flow is upstream `scf`,
    calls are `func`. The meaning of every op is in docs/spec.md, beside this
    dialect.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

def Dl_Float : AnyTypeOf<[
  F64, F32, F16, BF16, F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU,
  F4E2M1FN], "floating-point">;
def Dl_SInt : AnyTypeOf<[I<2>, I<4>, I<8>, I<16>, I<32>, I<64>],
  "signed (signless in MLIR) integer">;
def Dl_UInt : AnyTypeOf<[UI<2>, UI<4>, UI<8>, UI<16>, UI<32>, UI<64>],
  "unsigned integer">;
def Dl_Int : AnyTypeOf<[Dl_SInt, Dl_UInt], "integer">;
def Dl_Bool : TypeAlias<I1, "boolean">;
def Dl_Element : AnyTypeOf<[Dl_Float, Dl_Int, I1, Index], "number or boolean">;
def Dl_Number : AnyTypeOf<[Dl_Float, Dl_Int, Index], "number">;
def Dl_Integral : AnyTypeOf<[Dl_Int, I1, Index], "integer or boolean">;

class Dl_RankedOf<list<Type> types> : RankedTensorOf<types, [], "tensor">;

def Dl_Tensor : Dl_RankedOf<[Dl_Element]>;
def Dl_NumberTensor : Dl_RankedOf<[Dl_Number]>;
def Dl_FloatTensor : Dl_RankedOf<[Dl_Float]>;
def Dl_IntTensor : Dl_RankedOf<[Dl_Int, Index]>;
def Dl_IntegralTensor : Dl_RankedOf<[Dl_Integral]>;
def Dl_BoolTensor : Dl_RankedOf<[I1]>;
def Dl_IndexTensor : Dl_RankedOf<[I32, I64, Index]>;

/// A shape, or one offset per dimension: entry d belongs to dimension d.
def Dl_ShapeTensor : Type<And<[
    1DTensorOf<[I64, Index]>.predicate, HasStaticShapePred]>,
  "1-D tensor of i64 or index, of static length", "::mlir::RankedTensorType">;
def Dl_ScalarTensor : 0DTensorOf<[Dl_Element]>;
def Dl_ScalarInt : 0DTensorOf<[I64, Index]>;
def Dl_ScalarBool : 0DTensorOf<[I1]>;

//===----------------------------------------------------------------------===//
// Op classes
//===----------------------------------------------------------------------===//

class Dl_Op<string mnemonic, list<Trait> traits = []>
    : Op<Dl_Dialect, mnemonic, traits>;

/// A pure op whose result types follow from its operands and attributes
/// (InferTypes.cpp beside the op family). A declared result type may be more
/// or less refined than the inferred one: `?` is compatible with any size.
/// `reifyResultShapes` answers each dynamic result size as index values
/// computed from the operands; an op with data-dependent sizes fails there.
class Dl_PureOp<string mnemonic, list<Trait> traits = []>
    : Dl_Op<mnemonic, !listconcat([
        Pure,
        DeclareOpInterfaceMethods<InferTypeOpInterface>,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                                  ["reifyResultShapes"]>],
      traits)> {
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(::mlir::TypeRange lhs,
                                        ::mlir::TypeRange rhs) {
      return ::dlc::dl::areCompatibleTypes(lhs, rhs);
    }
  }];
}

/// A pure op whose result type is stated, because a `?` of it may come from a
/// run-time operand or because it cannot be inferred. The verifier checks it.
class Dl_DynamicallyShapedOp<string mnemonic, list<Trait> traits = []>
    : Dl_Op<mnemonic, !listconcat([Pure,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                                  ["reifyResultShapes"]>], traits)>;

//===----------------------------------------------------------------------===//
// Enums shared by several families
//===----------------------------------------------------------------------===//

class Dl_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::dlc::dl";
  let genSpecializedAttr = 0;
}
class Dl_EnumAttr<EnumAttrInfo e, string mnemonic>
    : EnumAttr<Dl_Dialect, e, mnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def Dl_DataLayout : Dl_Enum<"DataLayout",
  "where the channels are: `channels_first` is N,C,spatial with kernels "
  "O,I,spatial; `channels_last` is N,spatial,C with kernels spatial,I,O", [
    I32EnumAttrCase<"channels_first", 0>, I32EnumAttrCase<"channels_last", 1>]>;
def Dl_DataLayoutAttr : Dl_EnumAttr<Dl_DataLayout, "data_layout">;

def Dl_IndexMode : Dl_Enum<"IndexMode",
  "what an index outside the operand does: `error` ends the run with a "
  "status, `clamp` takes the nearest valid index, `drop` skips the access "
  "(scatter: no update; gather: zero)", [
    I32EnumAttrCase<"error", 0>, I32EnumAttrCase<"clamp", 1>,
    I32EnumAttrCase<"drop", 2>]>;
def Dl_IndexModeAttr : Dl_EnumAttr<Dl_IndexMode, "index_mode">;

#endif // DL_BASE_TD
