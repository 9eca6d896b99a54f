//===- DlSizes.h - inference and reification, op by op ----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DL_LIB_IR_DLSIZES_H
#define DL_LIB_IR_DLSIZES_H

#include "DlUtils.h"

namespace dlc::dl {

/// Reports a broken constraint of the op `name`, both where types are inferred
/// (then the location may be absent) and from a verifier.
struct Complaint {
  std::optional<mlir::Location> loc;
  llvm::StringRef name;

  template <typename... Args>
  mlir::LogicalResult operator()(Args &&...args) const {
    return mlir::emitOptionalError(loc, "'", name, "' op ", std::forward<Args>(args)...);
  }
};

inline bool isUnknown(int64_t size) { return mlir::ShapedType::isDynamic(size); }
/// Whether two sizes may be equal at run time.
inline bool mayEqual(int64_t a, int64_t b) {
  return a == b || isUnknown(a) || isUnknown(b);
}
/// The better known of two sizes that may be equal.
inline int64_t mergeSizes(int64_t a, int64_t b) { return isUnknown(a) ? b : a; }

/// Whether `dim` is a dimension of a tensor of rank `rank`.
inline bool isDimension(int64_t dim, int64_t rank) { return dim >= 0 && dim < rank; }

/// Fills `shapes` for every result of `op`: static sizes as they are, a `?` by
/// `size(sizes, result, dimension)`.
inline mlir::LogicalResult
reifyEach(mlir::Operation *op, mlir::OpBuilder &builder,
          mlir::ReifiedRankedShapedTypeDims &shapes,
          llvm::function_ref<mlir::OpFoldResult(SizeBuilder &, int64_t, int64_t)> size) {
  SizeBuilder sizes(builder, op->getLoc());
  for (mlir::OpResult result : op->getResults()) {
    llvm::SmallVector<mlir::OpFoldResult> dims;
    mlir::RankedTensorType type = getTensorType(result);
    for (int64_t d = 0; d < type.getRank(); ++d)
      dims.push_back(type.isDynamicDim(d) ? size(sizes, result.getResultNumber(), d)
                                          : sizes.constant(type.getDimSize(d)));
    addReified(builder, result, dims, shapes);
  }
  return mlir::success();
}

} // namespace dlc::dl

#endif // DL_LIB_IR_DLSIZES_H
