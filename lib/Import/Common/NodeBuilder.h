//===- NodeBuilder.h - what importers build dl ops with ---------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The part of a node's importer that every frontend shares: looking at values,
// building ops that are verified and folded at once, shapes known now or at run
// time.
//
// Errors: a helper that fails reports the error and returns null (or an empty
// list, or a default); helpers that are given null return null and report
// nothing more. So an importer checks only where it looks inside a value (its
// type, its constant elements).
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_COMMON_NODEBUILDER_H
#define DLC_LIB_IMPORT_COMMON_NODEBUILDER_H

#include "Sizes.h"
#include "dl/IR/Dl.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Verifier.h"

namespace dlc::frontend {

class NodeBuilder {
public:
  NodeBuilder(mlir::OpBuilder &builder, mlir::Location loc, SizeAnalysis &sizeAnalysis)
      : builder(builder), loc(loc), sizeAnalysis(sizeAnalysis) {}
  virtual ~NodeBuilder() = default;

  mlir::Location getLoc() const { return loc; }
  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::MLIRContext *getContext() { return builder.getContext(); }

  /// An error that names the node. The node counts as failed from then on.
  virtual mlir::InFlightDiagnostic emitError() = 0;
  bool hasFailed() const { return failed; }
  /// The node as messages of the run name it.
  virtual std::string describe() const = 0;

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

  /// More elements than any machine holds: a mistake, and sizes would overflow.
  static bool isAbsurd(mlir::RankedTensorType type);

  /// Checks; each reports and returns false.
  bool requireRank(mlir::Value v, int64_t min, int64_t max, llvm::StringRef what);
  bool requireDimension(mlir::Value v, int64_t dim);
  bool requireFloat(mlir::Value v, llvm::StringRef what);
  bool requireSameElementType(mlir::Value a, mlir::Value b);

  /// `axis` counted from the end where negative, in [0, rank). Reports an axis
  /// outside and returns nullopt. `name` is the attribute or input it is from.
  std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank, llvm::StringRef name = "axis");
  /// The same for a list, which must not name an axis twice.
  std::optional<llvm::SmallVector<int64_t>> normalizeAxes(llvm::ArrayRef<int64_t> axes,
                                                          int64_t rank,
                                                          llvm::StringRef name = "axes");

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
  /// All elements in one dimension.
  mlir::Value flatten(mlir::Value x);
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
  /// What indices into a dimension of size 0 give: nothing, and none may be there.
  mlir::Value lookUpNothing(mlir::Value indices, mlir::Type elementType,
                            llvm::ArrayRef<Size> resultSizes);
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

protected:
  /// The elements of a weight, where they are at hand; null else.
  virtual mlir::ElementsAttr globalElements(dl::GlobalLoadOp load) = 0;

  mlir::OpBuilder &builder;
  mlir::Location loc;
  SizeAnalysis &sizeAnalysis;
  bool failed = false;

private:
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
  template <typename OpTy>
  Size sizeOp(Size a, Size b);
};

} // namespace dlc::frontend

#endif // DLC_LIB_IMPORT_COMMON_NODEBUILDER_H
