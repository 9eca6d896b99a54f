//===- NodeImporter.h - what an op's importer works with --------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A NodeImporter is one ONNX node being imported: its operands as Values, its
// attributes, and helpers that build dl ops.
//
// An importer reads like the op's definition:
//
//   LogicalResult importSoftsign(NodeImporter &n) {
//     Value x = n.input(0);
//     return n.result(n.infer<dl::DivOp>(x, n.infer<dl::AddOp>(n.splatLike(x, 1.0),
//                                                             n.infer<dl::AbsOp>(x))));
//   }
//
// Errors: a helper that fails reports the error and returns null (or an empty
// list, or a default); helpers that are given null return null and report
// nothing more; `result` of null is failure. So an importer checks only where it
// looks inside a value (its type, its constant elements).
//
// Every attribute must be read (or `ignoreAttr`ed): one that no getter asked
// for is reported as unknown.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_NODEIMPORTER_H
#define DLC_LIB_IMPORT_ONNX_NODEIMPORTER_H

#include "ImportedValue.h"
#include "OpTable.h"
#include "Sizes.h"
#include "dl/IR/Dl.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringSet.h"
#include <deque>

namespace dlc::onnx {

class AttributeProto;
class GraphImporter;
class GraphProto;
class NodeProto;
class TensorProto;

class NodeImporter {
public:
  NodeImporter(GraphImporter &graph, const NodeProto &node, mlir::OpBuilder &builder,
               mlir::Location loc);

  //===--------------------------------------------------------------------===//
  // The node
  //===--------------------------------------------------------------------===//

  llvm::StringRef getOpType() const;
  /// The node's name, or where it has none its first output's.
  llvm::StringRef getName() const;
  /// The opset version of the node's own domain.
  int64_t opset() const { return version; }
  mlir::Location getLoc() const { return loc; }
  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::MLIRContext *getContext() { return builder.getContext(); }
  GraphImporter &getGraph() { return graph; }
  const NodeProto &getNode() const { return node; }

  /// An error that names the node. The node counts as failed from then on.
  mlir::InFlightDiagnostic emitError();
  bool hasFailed() const { return failed; }

  //===--------------------------------------------------------------------===//
  // Inputs and outputs
  //===--------------------------------------------------------------------===//

  unsigned numInputs() const;
  /// Whether the (optional) input is there.
  bool hasInput(unsigned i) const;
  /// Input `i`; null where it is left out or is no tensor (which is an error).
  mlir::Value input(unsigned i);
  /// Inputs from `first` on, all of which must be present tensors.
  llvm::SmallVector<mlir::Value> inputsFrom(unsigned first);
  /// Input `i` whatever it is, of one rank; null where it is left out.
  const ImportedValue *symbolicInput(unsigned i);
  /// Input `i` even where its rank depends on the run.
  const ImportedValue *rawInput(unsigned i);
  /// Input `i` of an op that broadcasts it together with input `other`: its rank
  /// doesn't matter where the other's is as high.
  mlir::Value inputBeside(unsigned i, unsigned other);

  unsigned numOutputs() const;
  /// Whether somebody may want output `i`.
  bool hasOutput(unsigned i) const;
  /// The result of a node with one output; failure for null.
  llvm::LogicalResult result(mlir::Value value) { return results({value}); }
  /// The results, in order; one that is not wanted may be null.
  llvm::LogicalResult results(llvm::ArrayRef<mlir::Value> values);
  llvm::LogicalResult symbolicResult(ImportedValue value);
  llvm::LogicalResult symbolicResults(llvm::ArrayRef<ImportedValue> values);

  //===--------------------------------------------------------------------===//
  // Attributes. A value of another kind than asked for is an error.
  //===--------------------------------------------------------------------===//

  bool hasAttr(llvm::StringRef name);
  void ignoreAttr(llvm::StringRef name) { seenAttributes.insert(name); }
  int64_t intAttr(llvm::StringRef name, int64_t fallback);
  bool boolAttr(llvm::StringRef name, bool fallback = false);
  double floatAttr(llvm::StringRef name, double fallback);
  std::string stringAttr(llvm::StringRef name, llvm::StringRef fallback);
  llvm::SmallVector<int64_t> intsAttr(llvm::StringRef name, llvm::ArrayRef<int64_t> fallback = {});
  llvm::SmallVector<double> floatsAttr(llvm::StringRef name,
                                       llvm::ArrayRef<double> fallback = {});
  llvm::SmallVector<std::string> stringsAttr(llvm::StringRef name);
  /// A tensor attribute as a value (a constant or a weight); null where absent.
  mlir::Value tensorAttr(llvm::StringRef name);
  mlir::Value sparseTensorAttr(llvm::StringRef name);
  /// A graph attribute; null where absent, which is an error.
  const GraphProto *graphAttr(llvm::StringRef name);
  /// The same, by required name: an absent attribute is an error.
  int64_t requiredInt(llvm::StringRef name);
  llvm::SmallVector<int64_t> requiredInts(llvm::StringRef name);
  /// An ONNX data type number (attributes `to`, `dtype`) as an element type;
  /// null after reporting an error.
  mlir::Type elementTypeAttr(llvm::StringRef name, mlir::Type fallback = {});
  mlir::Type elementType(int64_t onnxDataType);

  //===--------------------------------------------------------------------===//
  // Looking at values
  //===--------------------------------------------------------------------===//

  static mlir::RankedTensorType type(mlir::Value v) {
    return llvm::cast<mlir::RankedTensorType>(v.getType());
  }
  static mlir::Type elementTypeOf(mlir::Value v) { return type(v).getElementType(); }
  static llvm::ArrayRef<int64_t> shapeOf(mlir::Value v) { return type(v).getShape(); }
  static int64_t rankOf(mlir::Value v) { return type(v).getRank(); }
  static bool isFloat(mlir::Value v) { return llvm::isa<mlir::FloatType>(elementTypeOf(v)); }
  static bool isUnsigned(mlir::Value v) { return elementTypeOf(v).isUnsignedInteger(); }
  static bool isBool(mlir::Value v) { return elementTypeOf(v).isInteger(1); }

  /// Checks; each reports and returns false.
  bool requireRank(mlir::Value v, int64_t min, int64_t max, llvm::StringRef what);
  bool requireFloat(mlir::Value v, llvm::StringRef what);
  bool requireSameElementType(mlir::Value a, mlir::Value b);

  /// `axis` counted from the end where negative, in [0, rank). Reports an axis
  /// outside and returns nullopt. `name` is the attribute or input it is from.
  std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank, llvm::StringRef name = "axis");
  /// The same for a list, which must not name an axis twice.
  std::optional<llvm::SmallVector<int64_t>> normalizeAxes(llvm::ArrayRef<int64_t> axes,
                                                          int64_t rank,
                                                          llvm::StringRef name = "axes");
  /// Like intAttr + normalizeAxis.
  std::optional<int64_t> axisAttr(llvm::StringRef name, int64_t fallback, int64_t rank);

  /// The elements of a value that is constant: a dl.constant, or a weight's
  /// bytes. Null where it is not known now. Cheap only for small tensors.
  mlir::ElementsAttr constant(mlir::Value v);
  /// All elements of a constant integer or boolean tensor.
  std::optional<llvm::SmallVector<int64_t>> constantInts(mlir::Value v);
  std::optional<llvm::SmallVector<double>> constantFloats(mlir::Value v);
  /// The element of a constant tensor that has just one.
  std::optional<int64_t> constantInt(mlir::Value v);
  std::optional<double> constantFloat(mlir::Value v);

  //===--------------------------------------------------------------------===//
  // Building. Ops are verified and folded; null operands give null.
  //===--------------------------------------------------------------------===//

  /// An op with one result whose type is inferred:
  ///   n.infer<dl::AddOp>(x, y)
  template <typename OpTy, typename... Args>
  mlir::Value infer(Args &&...args) {
    auto values = inferMulti<OpTy>(std::forward<Args>(args)...);
    return values.empty() ? mlir::Value() : values.front();
  }
  /// The same for an op with any fixed number of results; empty on failure.
  template <typename OpTy, typename... Args>
  llvm::SmallVector<mlir::Value> inferMulti(Args &&...args) {
    if (failed)
      return {};
    llvm::SmallVector<mlir::Type> placeholders(resultCount<OpTy>(), builder.getNoneType());
    mlir::OperationState state(loc, OpTy::getOperationName());
    OpTy::build(builder, state, mlir::TypeRange(placeholders), std::forward<Args>(args)...);
    return insert(state, &OpTy::inferReturnTypes);
  }
  /// An op with one result of the given type:
  ///   n.create<dl::ReshapeOp>(type, x, shape)
  template <typename OpTy, typename... Args>
  mlir::Value create(mlir::Type resultType, Args &&...args) {
    auto values = createMulti<OpTy>(resultType, std::forward<Args>(args)...);
    return values.empty() ? mlir::Value() : values.front();
  }
  template <typename OpTy, typename... Args>
  llvm::SmallVector<mlir::Value> createMulti(mlir::TypeRange types, Args &&...args) {
    if (failed)
      return {};
    mlir::OperationState state(loc, OpTy::getOperationName());
    OpTy::build(builder, state, types, std::forward<Args>(args)...);
    return insert(state, nullptr);
  }
  /// An op without results (dl.assert).
  template <typename OpTy, typename... Args>
  void createVoid(Args &&...args) {
    if (failed)
      return;
    mlir::OperationState state(loc, OpTy::getOperationName());
    OpTy::build(builder, state, std::forward<Args>(args)...);
    insert(state, nullptr);
  }

  //===--------------------------------------------------------------------===//
  // Constants
  //===--------------------------------------------------------------------===//

  mlir::Value constant(mlir::ElementsAttr elements);
  /// A tensor of `type`, every element `value` (rounded or truncated to it).
  mlir::Value constantSplat(mlir::RankedTensorType type, double value);
  /// A scalar tensor.
  mlir::Value scalar(mlir::Type elementType, double value);
  mlir::Value scalarInt(mlir::Type elementType, int64_t value);
  /// tensor<Nxi64>.
  mlir::Value constantInts(llvm::ArrayRef<int64_t> values);
  /// A splat of x's shape and element type.
  mlir::Value splatLike(mlir::Value x, double value);
  mlir::Value splatLike(mlir::Value x, mlir::Value scalar);

  //===--------------------------------------------------------------------===//
  // Types and shapes
  //===--------------------------------------------------------------------===//

  /// Converts the elements where they are of another type.
  mlir::Value convert(mlir::Value x, mlir::Type elementType, bool saturate = false);

  /// Size of one dimension, and of all.
  Size size(mlir::Value x, int64_t dim);
  Sizes sizes(mlir::Value x);
  /// The entries of a 1-D integer tensor of static length, each a number where
  /// that is known. Nullopt (reported, naming `what`) where the length is open.
  std::optional<Sizes> entries(mlir::Value tensor, llvm::StringRef what);
  /// A tensor<i64> / a tensor<Nxi64> with the given sizes.
  mlir::Value sizeTensor(Size size);
  mlir::Value sizesTensor(llvm::ArrayRef<Size> sizes);
  /// The optional shape operand of an op whose result has these sizes: null
  /// where all are static.
  mlir::Value shapeOperand(llvm::ArrayRef<Size> sizes);
  mlir::RankedTensorType tensorType(llvm::ArrayRef<Size> sizes, mlir::Type elementType);
  mlir::RankedTensorType tensorType(llvm::ArrayRef<int64_t> shape, mlir::Type elementType) {
    return mlir::RankedTensorType::get(shape, elementType);
  }

  /// Arithmetic on sizes, folded where static. Division truncates towards zero
  /// (x / 0 = 0); ceilDiv and floorDiv are for a positive divisor.
  Size add(Size a, Size b);
  Size sub(Size a, Size b);
  Size mul(Size a, Size b);
  Size div(Size a, Size b);
  Size floorDiv(Size a, Size b);
  Size ceilDiv(Size a, Size b);
  Size min(Size a, Size b);
  Size max(Size a, Size b);
  Size product(llvm::ArrayRef<Size> sizes);
  /// `a direction b ? ifTrue : ifFalse`.
  Size select(dl::ComparisonDirection direction, Size a, Size b, Size ifTrue, Size ifFalse);
  /// Whether two sizes are known to be equal.
  bool sameSize(Size a, Size b);

  /// The run ends with `message` unless the comparison holds; known to be false
  /// it is an error now.
  void require(dl::ComparisonDirection direction, Size a, Size b, const llvm::Twine &message);

  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<Size> sizes);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> staticShape);
  /// A size-1 dimension put in before each given position of the result.
  mlir::Value unsqueeze(mlir::Value x, llvm::ArrayRef<int64_t> resultAxes);
  /// The given dimensions, of size 1, dropped.
  mlir::Value squeeze(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  /// Dimensions [first, last) made into one.
  mlir::Value collapse(mlir::Value x, int64_t first, int64_t last);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  /// numpy.broadcast_to: trailing dimensions are aligned, size 1 is repeated.
  mlir::Value broadcastTo(mlir::Value x, llvm::ArrayRef<Size> sizes);
  mlir::Value broadcastInDim(mlir::Value x, llvm::ArrayRef<Size> sizes,
                             llvm::ArrayRef<int64_t> dims);
  /// The common shape of numpy-style broadcasting; nullopt (reported) if none.
  std::optional<Sizes> broadcastSizes(llvm::ArrayRef<mlir::Value> values);
  /// All values brought to their common shape; false after reporting an error.
  bool broadcastTogether(llvm::MutableArrayRef<mlir::Value> values);
  bool broadcast(mlir::Value &a, mlir::Value &b);
  bool broadcast(mlir::Value &a, mlir::Value &b, mlir::Value &c);
  /// A per-channel vector [C] (or scalar) at dimension `axis` of x's shape.
  mlir::Value broadcastAlong(mlir::Value vector, mlir::Value x, int64_t axis);

  /// [start, start + length · stride) along one dimension.
  mlir::Value sliceAxis(mlir::Value x, int64_t axis, Size start, Size length,
                        int64_t stride = 1);
  mlir::Value concat(llvm::ArrayRef<mlir::Value> values, int64_t axis);
  /// numpy.take along an axis. Indices may be negative (counted from the end)
  /// where `wrapNegative`.
  mlir::Value take(mlir::Value x, mlir::Value indices, int64_t axis, bool wrapNegative = true);
  /// i + size where i < 0.
  mlir::Value wrapNegativeIndices(mlir::Value indices, Size size);
  /// 0, 1, … along `dim`.
  mlir::Value iota(llvm::ArrayRef<Size> sizes, mlir::Type elementType, int64_t dim);
  mlir::Value reduce(dl::ReductionKind kind, mlir::Value x, llvm::ArrayRef<int64_t> axes,
                     bool keepDims);
  mlir::Value compare(dl::ComparisonDirection direction, mlir::Value a, mlir::Value b);
  /// Pads (or crops) with a scalar; null value means zero.
  mlir::Value padConstant(mlir::Value x, llvm::ArrayRef<Size> low, llvm::ArrayRef<Size> high,
                          mlir::Value value = {});
  /// The same tensor typed `type`, which may know more or less of the shape
  /// (tensor.cast; a false claim ends the run with an error).
  mlir::Value castTo(mlir::Value x, mlir::RankedTensorType type);

  /// A tensor<i1> as the i1 that scf.if takes.
  mlir::Value scalarCondition(mlir::Value tensor);
  /// scf.if with one result; both branches must give values of `type`, or of a
  /// type compatible with it (they are cast).
  mlir::Value ifElse(mlir::Value condition, mlir::RankedTensorType type,
                     llvm::function_ref<mlir::Value()> makeTrue,
                     llvm::function_ref<mlir::Value()> makeFalse);
  /// An axis (or set of axes) that only the run knows: `make` is called for each
  /// possible one, and the run picks. `type` is what all of them give. `axes` is
  /// a 1-D tensor of distinct axes of a tensor of rank `rank`.
  mlir::Value forEachAxes(mlir::Value axes, int64_t rank, mlir::RankedTensorType type,
                          llvm::function_ref<mlir::Value(llvm::ArrayRef<int64_t>)> make);
  /// For each of `rank` dimensions, 1 where `axes` (not constant) names it, else
  /// 0. The run ends with an error where an axis is outside or named twice.
  std::optional<Sizes> axisFlags(mlir::Value axes, int64_t rank);

  /// Imports a subgraph at the insertion point; its inputs get the given
  /// values. Names not found in it are looked up around the node.
  llvm::LogicalResult importSubgraph(const GraphProto &subgraph,
                                     llvm::ArrayRef<ImportedValue> inputs,
                                     llvm::SmallVectorImpl<ImportedValue> &outputs);
  /// Names every attribute that no getter asked for.
  void reportUnreadAttributes();

private:
  friend class GraphImporter;

  template <typename OpTy>
  static constexpr unsigned resultCount() {
    if constexpr (OpTy::template hasTrait<mlir::OpTrait::OneResult>())
      return 1;
    else if constexpr (OpTy::template hasTrait<mlir::OpTrait::NResults<2>::Impl>())
      return 2;
    else if constexpr (OpTy::template hasTrait<mlir::OpTrait::NResults<3>::Impl>())
      return 3;
    else if constexpr (OpTy::template hasTrait<mlir::OpTrait::NResults<4>::Impl>())
      return 4;
    else
      static_assert(OpTy::template hasTrait<mlir::OpTrait::OneResult>(),
                    "use createMulti for ops with variadic results");
  }
  using InferTypes = llvm::LogicalResult (*)(mlir::MLIRContext *, std::optional<mlir::Location>,
                                             mlir::ValueRange, mlir::DictionaryAttr,
                                             mlir::OpaqueProperties, mlir::RegionRange,
                                             llvm::SmallVectorImpl<mlir::Type> &);
  /// Infers types if asked, creates, verifies and folds; empty on failure.
  llvm::SmallVector<mlir::Value> insert(mlir::OperationState &state, InferTypes inferTypes);
  mlir::Operation *createVerified(mlir::OperationState &state, InferTypes inferTypes);
  const AttributeProto *findAttr(llvm::StringRef name);
  /// The attribute if it is of the given AttributeProto::AttributeType.
  const AttributeProto *findAttr(llvm::StringRef name, int kind);
  template <typename OpTy>
  Size sizeOp(Size a, Size b);

  /// Inputs that were given one rank.
  std::deque<ImportedValue> resolved;
  GraphImporter &graph;
  const NodeProto &node;
  mlir::OpBuilder &builder;
  mlir::Location loc;
  int64_t version = 0;
  bool failed = false;
  llvm::StringSet<> seenAttributes;
  llvm::SmallVector<ImportedValue> outputs;
};

/// The lengths of the parts that Split and SplitToSequence cut a dimension of
/// size `whole` into: those given as a value or as numbers, else `count` equal
/// parts. Checks that they add up; nullopt after reporting an error.
std::optional<Sizes> getSplitSizes(NodeImporter &n, Size whole, int64_t count,
                                   mlir::Value lengths, llvm::ArrayRef<int64_t> fixedLengths);

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_NODEIMPORTER_H
