//===- DispatchDialect.cpp - the dispatch dialect -------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dispatch/IR/Dispatch.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dlc::dispatch;

#include "dispatch/IR/DispatchDialect.cpp.inc"

void DispatchDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dispatch/IR/DispatchLaunchOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dispatch/IR/DispatchBufferOps.cpp.inc"
      >();
}

int64_t dlc::dispatch::getElementBytes(Type elementType) {
  if (elementType.isIndex())
    return 8;
  return llvm::divideCeil(elementType.getIntOrFloatBitWidth(), 8);
}

int64_t dlc::dispatch::getStaticBytes(ShapedType type) {
  return type.getNumElements() * getElementBytes(type.getElementType());
}

std::string dlc::dispatch::getPlace(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName().empty() ? getPlace(name.getChildLoc())
                                  : ("node '" + name.getName().getValue() + "'").str();
  auto file = dyn_cast<FileLineColLoc>(location);
  if (file && file.getLine()) { // a model as a whole has none
    std::string text = (file.getFilename().getValue() + ":" + Twine(file.getLine())).str();
    return file.getColumn() ? text + ":" + std::to_string(file.getColumn()) : text;
  }
  SmallVector<Location> parts;
  if (auto call = dyn_cast<CallSiteLoc>(location))
    parts = {call.getCallee(), call.getCaller()};
  if (auto fused = dyn_cast<FusedLoc>(location))
    llvm::append_range(parts, fused.getLocations());
  for (Location part : parts)
    if (std::string text = getPlace(part); !text.empty())
      return text;
  return "";
}

std::string dlc::dispatch::getPlaces(Location location) {
  auto fused = dyn_cast<FusedLoc>(location);
  if (!fused)
    return getPlace(location);
  llvm::SmallSetVector<StringRef, 4> places;
  SmallVector<std::string> texts = llvm::map_to_vector(fused.getLocations(), getPlace);
  for (StringRef text : texts)
    if (!text.empty())
      places.insert(text);
  constexpr size_t kMost = 3;
  std::string text = llvm::join(places.getArrayRef().take_front(kMost), " or ");
  return places.size() > kMost ? text + " or another" : text;
}

std::string dlc::dispatch::getMessageAt(Location location, const Twine &message) {
  std::string place = getPlace(location), text = message.str();
  return place.empty() || StringRef(text).starts_with(place) ? text : place + ": " + text;
}
