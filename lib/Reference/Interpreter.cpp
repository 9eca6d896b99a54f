//===- Interpreter.cpp - functions, control flow and state ----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"
#include "dlc/Support/TensorFile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;
using llvm::Error;

/// Calls deeper than this are taken for endless recursion.
static constexpr unsigned maxCallDepth = 200;

static const EvaluatorTable &getTable() {
  static const EvaluatorTable *table = [] {
    auto *made = new EvaluatorTable;
    addDataEvaluators(*made);
    addUnaryEvaluators(*made);
    addBinaryEvaluators(*made);
    addShapeEvaluators(*made);
    addGatherScatterEvaluators(*made);
    addReduceEvaluators(*made);
    addLinearEvaluators(*made);
    addFactorEvaluators(*made);
    addEigenvalueEvaluators(*made);
    addWindowEvaluators(*made);
    addCompositeEvaluators(*made);
    addRecurrentEvaluators(*made);
    addQuantEvaluators(*made);
    addEscapeEvaluators(*made);
    addScalarEvaluators(*made);
    return made;
  }();
  return *table;
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// "file:line:column: " or "name: "; empty where the location is unknown.
static std::string getLocationText(Location loc) {
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    return llvm::formatv("{0}:{1}:{2}: ", file.getFilename().getValue(), file.getLine(),
                         file.getColumn());
  if (auto name = dyn_cast<NameLoc>(loc))
    return (name.getName().getValue() + ": ").str();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (std::string text = getLocationText(part); !text.empty())
        return text;
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return getLocationText(call.getCallee());
  return "";
}

/// `error` with the op and its location before it.
static Error addOp(Operation *op, Error error) {
  return makeError("{0}'{1}' op {2}", getLocationText(op->getLoc()), op->getName().getStringRef(),
                   llvm::toString(std::move(error)));
}

template <typename... Args>
static Error makeOpError(Operation *op, const char *format, Args &&...args) {
  return addOp(op, makeError(format, std::forward<Args>(args)...));
}

/// Whether a value may have this type.
static bool isOfType(const Tensor &value, Type type) {
  std::optional<ElementType> element = getElementType(type);
  if (!element || *element != value.getType())
    return false;
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped)
    return value.getRank() == 0;
  if (shaped.getRank() != value.getRank())
    return false;
  for (auto [stated, size] : llvm::zip_equal(shaped.getShape(), value.getShape()))
    if (!ShapedType::isDynamic(stated) && stated != size)
      return false;
  return true;
}

static std::string getText(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// The op's results, checked against their types.
static Expected<Tensors> evaluateChecked(Operation *op, Operands operands) {
  const EvaluatorTable::Evaluator *evaluator = getTable().lookup(op);
  if (!evaluator)
    return makeOpError(op, "can't be interpreted");
  for (Type type : llvm::concat<Type>(SmallVector<Type>(op->getOperandTypes()),
                                      SmallVector<Type>(op->getResultTypes())))
    if (!getElementType(type))
      return makeOpError(op, "has a value of type {0}, which can't be interpreted", getText(type));
  Expected<Tensors> results = (*evaluator)(op, operands);
  if (!results)
    return addOp(op, results.takeError());
  for (auto [i, value] : llvm::enumerate(*results))
    if (!isOfType(value, op->getResult(i).getType()))
      return makeOpError(op, "result {0} is a {1}, but its type is {2}", i, getTypeName(value),
                         getText(op->getResult(i).getType()));
  return results;
}

Expected<Tensors> reference::evaluateOp(Operation *op, ArrayRef<Tensor> operands) {
  return evaluateChecked(op, operands);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

struct Interpreter::State {
  explicit State(ModuleOp module) : module(module), symbols(module) {}

  ModuleOp module;
  SymbolTable symbols;
  /// The values of the globals that were used.
  DenseMap<StringAttr, Tensor> globals;
  unsigned depth = 0;

  Expected<Tensors> call(func::FuncOp function, Operands inputs);
  Expected<Tensor *> getGlobal(Operation *op, StringAttr name);
};

namespace {
/// The values of one function's run.
class Frame {
public:
  explicit Frame(Interpreter::State &state, func::FuncOp function);

  /// Runs a block on the values of its arguments; what its terminator returns.
  Expected<Tensors> run(Block &block, Operands inputs);

private:
  Tensors getValues(ValueRange range) const {
    Tensors tensors;
    for (Value value : range)
      tensors.push_back(values.at(value));
    return tensors;
  }

  Expected<Tensors> evaluate(Operation *op);
  Expected<Tensors> evaluateFor(scf::ForOp op);
  Expected<Tensors> evaluateWhile(scf::WhileOp op);

  Interpreter::State &state;
  DenseMap<Value, Tensor> values;
};
} // namespace

Expected<Tensor *> Interpreter::State::getGlobal(Operation *op, StringAttr name) {
  auto found = globals.find(name);
  if (found != globals.end())
    return &found->second;
  auto global = symbols.lookup<dl::GlobalOp>(name);
  if (!global)
    return makeOpError(op, "there is no global @{0}", name.getValue());
  RankedTensorType type = global.getTensorType();
  std::optional<Attribute> value = global.getValue();
  if (auto elements = value ? dyn_cast<ElementsAttr>(*value) : ElementsAttr()) {
    Expected<Tensor> tensor = getTensor(elements);
    if (!tensor)
      return addOp(global, tensor.takeError());
    return &(globals[name] = *tensor);
  }
  auto external = value ? dyn_cast<dl::ExternalDataAttr>(*value) : dl::ExternalDataAttr();
  std::optional<ElementType> element = getElementType(type);
  if (!external || !element || !type.hasStaticShape())
    return makeOpError(global, "@{0} has no value that can be interpreted", name.getValue());
  if (external.getLength() != uint64_t(type.getNumElements() * getByteSize(*element)))
    return makeOpError(global, "@{0} has {1} bytes for the elements of {2}", name.getValue(),
                       external.getLength(), getText(type));
  Expected<std::shared_ptr<const void>> data =
      mapFile(external.getPath(), external.getOffset(), external.getLength());
  if (!data)
    return addOp(global, data.takeError());
  return &(globals[name] = Tensor::view(*element, type.getShape(), data->get(), *data));
}

Expected<Tensors> Interpreter::State::call(func::FuncOp function, Operands inputs) {
  if (function.isDeclaration())
    return makeError("function @{0} has no body", function.getName());
  if (inputs.size() != function.getNumArguments())
    return makeError("function @{0} takes {1} inputs, not {2}", function.getName(),
                     function.getNumArguments(), inputs.size());
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    if (!isOfType(inputs[i], type))
      return makeError("input {0} of function @{1} is a {2}, but its type is {3}", i,
                       function.getName(), getTypeName(inputs[i]), getText(type));
  if (depth == maxCallDepth)
    return makeError("function @{0}: more than {1} calls in each other", function.getName(),
                     maxCallDepth);
  ++depth;
  Frame frame(*this, function);
  Expected<Tensors> results = frame.run(function.front(), inputs);
  --depth;
  return results;
}

Frame::Frame(Interpreter::State &state, func::FuncOp function) : state(state) {}

Expected<Tensors> Frame::run(Block &block, Operands inputs) {
  for (auto [argument, input] : llvm::zip_equal(block.getArguments(), inputs))
    values[argument] = input;
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      return getValues(op.getOperands());
    Expected<Tensors> results = evaluate(&op);
    if (!results)
      return results.takeError();
    for (auto [result, value] : llvm::zip_equal(op.getResults(), *results))
      values[result] = std::move(value);
  }
  return Tensors{};
}

Expected<Tensors> Frame::evaluate(Operation *op) {
  if (auto ifOp = dyn_cast<scf::IfOp>(op)) {
    bool condition = values.at(ifOp.getCondition()).getInt(0);
    Region &region = condition ? ifOp.getThenRegion() : ifOp.getElseRegion();
    return region.empty() ? Tensors{} : run(region.front(), {});
  }
  if (auto forOp = dyn_cast<scf::ForOp>(op))
    return evaluateFor(forOp);
  if (auto whileOp = dyn_cast<scf::WhileOp>(op))
    return evaluateWhile(whileOp);
  if (auto call = dyn_cast<func::CallOp>(op)) {
    auto callee = state.symbols.lookup<func::FuncOp>(call.getCallee());
    if (!callee)
      return makeOpError(op, "there is no function @{0}", call.getCallee());
    return state.call(callee, getValues(call.getOperands()));
  }
  if (auto load = dyn_cast<dl::GlobalLoadOp>(op)) {
    Expected<Tensor *> global = state.getGlobal(op, load.getGlobalAttr().getAttr());
    if (!global)
      return global.takeError();
    return Tensors{**global};
  }
  if (auto store = dyn_cast<dl::GlobalStoreOp>(op)) {
    state.globals[store.getGlobalAttr().getAttr()] = values.at(store.getValue());
    return Tensors{};
  }
  return evaluateChecked(op, getValues(op->getOperands()));
}

Expected<Tensors> Frame::evaluateFor(scf::ForOp op) {
  ElementType type = values.at(op.getLowerBound()).getType();
  bool isUnsigned = op.getUnsignedCmp();
  uint64_t mask = isUnsigned ? ~uint64_t(0) >> (64 - getBitWidth(type)) : ~uint64_t(0);
  auto getNumber = [&](Value value) { return int64_t(values.at(value).getInt(0) & mask); };
  int64_t low = getNumber(op.getLowerBound()), high = getNumber(op.getUpperBound());
  int64_t step = getNumber(op.getStep());
  if (isUnsigned ? step == 0 : step <= 0)
    return makeOpError(op, "the step is {0}, but must be positive", step);
  Tensors carried = getValues(op.getInitArgs());
  for (int64_t i = low; isUnsigned ? uint64_t(i) < uint64_t(high) : i < high; i += step) {
    Tensors inputs{Tensor::fromInts(type, {}, i)};
    llvm::append_range(inputs, carried);
    Expected<Tensors> next = run(*op.getBody(), inputs);
    if (!next)
      return next.takeError();
    carried = std::move(*next);
    if (uint64_t(high) - uint64_t(i) <= uint64_t(step)) // before i + step can overflow
      break;
  }
  return carried;
}

Expected<Tensors> Frame::evaluateWhile(scf::WhileOp op) {
  Tensors carried = getValues(op.getInits());
  while (true) {
    // scf.condition: whether to go on, then the values for either way.
    Expected<Tensors> before = run(*op.getBeforeBody(), carried);
    if (!before)
      return before.takeError();
    Tensors passed(llvm::drop_begin(*before));
    if (!before->front().getInt(0))
      return passed;
    Expected<Tensors> after = run(*op.getAfterBody(), passed);
    if (!after)
      return after.takeError();
    carried = std::move(*after);
  }
}

Interpreter::Interpreter(ModuleOp module) : state(std::make_unique<State>(module)) {}
Interpreter::~Interpreter() = default;

Expected<Tensors> Interpreter::run(StringRef function, ArrayRef<Tensor> inputs) {
  auto found = state->symbols.lookup<func::FuncOp>(function);
  if (!found)
    return makeError("there is no function @{0}", function);
  return state->call(found, inputs);
}

Expected<Tensors> reference::evaluate(ModuleOp module, StringRef function,
                                      ArrayRef<Tensor> inputs) {
  return Interpreter(module).run(function, inputs);
}
