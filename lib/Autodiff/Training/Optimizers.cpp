//===- Optimizers.cpp - how a step changes the parameters -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Optimizers.h"
#include "../Rules/Common.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;
using namespace dlc::training;

Value ParameterUpdate::state(StringRef name, ArrayRef<int64_t> shape) {
  return b.widen(loadState(name, RankedTensorType::get(shape, stored)));
}

Value ParameterUpdate::scale(Value x, Value scalar) {
  return b.mul(x, b.broadcastLike(b.convert(scalar, getTensorType(x).getElementType()), {}, x));
}

Value ParameterUpdate::biasCorrection(double beta) {
  return b.sub(number(1), b.binary<PowOp>(number(beta), step));
}

Value ParameterUpdate::average(Value x, Value y, double beta) {
  return b.add(b.mul(x, beta), b.mul(y, 1 - beta));
}

Value ParameterUpdate::decayedGradient() {
  double decay = get("weight_decay");
  return decay ? b.add(gradient, b.mul(parameter, decay)) : gradient;
}

Value ParameterUpdate::decayedParameter() {
  double decay = get("weight_decay");
  return decay ? scale(parameter, b.sub(number(1), b.mul(rate, decay))) : parameter;
}

//===----------------------------------------------------------------------===//
// The optimisers
//===----------------------------------------------------------------------===//

static Value updateSgd(ParameterUpdate &u) {
  TensorBuilder &b = u.b;
  Value direction = u.decayedGradient();
  if (double momentum = u.get("momentum")) {
    Value velocity = b.mul(u.state("momentum_buffer"), momentum), added = direction;
    if (double dampening = u.get("dampening")) {
      // The first gradient counts whole.
      Value isFirst = b.compare(ComparisonDirection::eq, u.step, 1.0);
      added = u.scale(direction, b.select(isFirst, u.number(1), u.number(1 - dampening)));
    }
    velocity = u.keep("momentum_buffer", b.add(velocity, added));
    direction = u.get("nesterov") ? b.add(direction, b.mul(velocity, momentum)) : velocity;
  }
  return b.sub(u.parameter, u.scale(direction, u.rate));
}

/// What Adam and AdamW do once the weights are decayed.
static Value moveByMoments(ParameterUpdate &u, Value parameter, Value gradient) {
  TensorBuilder &b = u.b;
  double beta1 = u.get("beta1"), beta2 = u.get("beta2");
  Value mean = u.keep("exp_avg", u.average(u.state("exp_avg"), gradient, beta1));
  Value square = u.average(u.state("exp_avg_sq"), b.mul(gradient, gradient), beta2);
  u.keep("exp_avg_sq", square);
  if (u.get("amsgrad"))
    square = u.keep("max_exp_avg_sq", b.binary<MaxOp>(u.state("max_exp_avg_sq"), square));
  Value rate = b.div(u.rate, u.biasCorrection(beta1));
  Value unbias = b.unary<RsqrtOp>(u.biasCorrection(beta2));
  Value spread = b.add(u.scale(b.unary<SqrtOp>(square), unbias), u.get("eps"));
  return b.sub(parameter, u.scale(b.div(mean, spread), rate));
}

static Value updateAdam(ParameterUpdate &u) {
  return moveByMoments(u, u.parameter, u.decayedGradient());
}

static Value updateAdamW(ParameterUpdate &u) {
  return moveByMoments(u, u.decayedParameter(), u.gradient);
}

static Value updateLion(ParameterUpdate &u) {
  TensorBuilder &b = u.b;
  Value mean = u.state("exp_avg");
  Value direction = b.unary<SignOp>(u.average(mean, u.gradient, u.get("beta1")));
  u.keep("exp_avg", u.average(mean, u.gradient, u.get("beta2")));
  return b.sub(u.decayedParameter(), u.scale(direction, u.rate));
}

static Value updateRmsProp(ParameterUpdate &u) {
  TensorBuilder &b = u.b;
  double alpha = u.get("alpha");
  Value gradient = u.decayedGradient();
  Value square = u.average(u.state("square_avg"), b.mul(gradient, gradient), alpha);
  Value variance = u.keep("square_avg", square);
  if (u.get("centered")) {
    Value mean = u.keep("grad_avg", u.average(u.state("grad_avg"), gradient, alpha));
    variance = b.sub(square, b.mul(mean, mean));
  }
  Value direction = b.div(gradient, b.add(b.unary<SqrtOp>(variance), u.get("eps")));
  if (double momentum = u.get("momentum"))
    direction =
        u.keep("momentum_buffer", b.add(b.mul(u.state("momentum_buffer"), momentum), direction));
  return b.sub(u.parameter, u.scale(direction, u.rate));
}

/// √(mean of squares), in f64.
static Value rootMeanSquare(ParameterUpdate &u, Value x) {
  Value square = u.b.convert(u.b.mul(x, x), u.b.getF64Type());
  int64_t rank = getTensorType(x).getRank();
  Value mean = ReduceOp::create(u.b, ReductionKind::mean, square, autodiff::upTo(rank), false);
  return u.b.unary<SqrtOp>(mean);
}

/// The mean of the squared gradient that Adafactor keeps: of a matrix, only by rows
/// and by columns.
static Value estimateVariance(ParameterUpdate &u, Value weight, double eps) {
  TensorBuilder &b = u.b;
  Value square = b.mul(u.gradient, u.gradient);
  RankedTensorType type = getTensorType(square);
  auto moveTo = [&](StringRef name, Value mean) {
    Value old = u.state(name, getTensorType(mean).getShape());
    return u.keep(name, b.add(old, u.scale(b.sub(mean, old), weight)));
  };
  int64_t rank = type.getRank();
  if (rank < 2)
    return moveTo("variance", square);
  Value rows = moveTo("row_var", b.reduce(ReductionKind::mean, square, {rank - 1}));
  Value columns = moveTo("col_var", b.reduce(ReductionKind::mean, square, {rank - 2}));
  Value mean = b.max(b.reduce(ReductionKind::mean, rows, {rank - 2}), eps);
  Value product = b.mul(b.broadcastLike(rows, square), b.broadcastLike(columns, square));
  return b.div(product, b.broadcastLike(mean, square));
}

static Value updateAdafactor(ParameterUpdate &u) {
  TensorBuilder &b = u.b;
  double eps1 = u.get("eps1"), eps2 = u.get("eps2");
  // By default the type's own.
  if (eps1 < 0)
    eps1 = std::exp2(1.0 - cast<FloatType>(u.stored).getFPMantissaWidth());
  Value weight = b.binary<PowOp>(u.step, u.number(u.get("beta2_decay")));
  Value rate = b.binary<MinOp>(u.rate, b.unary<RsqrtOp>(u.step));
  rate = b.mul(rate, b.max(rootMeanSquare(u, u.parameter), eps2));
  Value parameter = u.decayedParameter();
  Value variance = estimateVariance(u, weight, eps1);
  Value change = b.mul(b.unary<RsqrtOp>(b.max(variance, eps1 * eps1)), u.gradient);
  Value excess = b.max(b.div(rootMeanSquare(u, change), u.get("d")), 1.0);
  return b.sub(parameter, u.scale(change, b.div(rate, excess)));
}

//===----------------------------------------------------------------------===//
// By name
//===----------------------------------------------------------------------===//

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

namespace {
/// The values that torch.optim accepts.
struct Limits {
  double low, high;
  bool isOpen; ///< `high` itself is out

  bool contains(double value) const {
    return value >= low && (isOpen ? value < high : value <= high);
  }
  /// "at least 0 and less than 1"
  std::string describe() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    if (low != -kInfinity)
      os << "at least " << llvm::format("%g", low);
    if (low != -kInfinity && high != kInfinity)
      os << " and ";
    if (high != kInfinity)
      os << (isOpen ? "less than " : "at most ") << llvm::format("%g", high);
    return text;
  }
};
struct Setting {
  StringLiteral name;
  double value;
  Limits limits;
};
struct OptimizerInfo {
  StringLiteral name;
  Value (*update)(ParameterUpdate &);
  SmallVector<Setting, 8> settings;
};
} // namespace

static constexpr Limits kAny{-kInfinity, kInfinity, false};
static constexpr Limits kNotNegative{0, kInfinity, false};
static constexpr Limits kNotPositive{-kInfinity, 0, false};
static constexpr Limits kFromOne{1, kInfinity, false};
static constexpr Limits kDecay{0, 1, true};
static constexpr Limits kFlag{0, 1, false};

static ArrayRef<OptimizerInfo> getOptimizers() {
  static const OptimizerInfo optimizers[] = {
      {"adafactor",
       updateAdafactor,
       {{"beta2_decay", -0.8, kNotPositive}, {"eps1", -1, kNotNegative},
        {"eps2", 1e-3, kNotNegative}, {"d", 1, kFromOne}, {"weight_decay", 0, kNotNegative}}},
      {"adam",
       updateAdam,
       {{"beta1", 0.9, kDecay}, {"beta2", 0.999, kDecay}, {"eps", 1e-8, kNotNegative},
        {"weight_decay", 0, kNotNegative}, {"amsgrad", 0, kFlag}}},
      {"adamw",
       updateAdamW,
       {{"beta1", 0.9, kDecay}, {"beta2", 0.999, kDecay}, {"eps", 1e-8, kNotNegative},
        {"weight_decay", 1e-2, kNotNegative}, {"amsgrad", 0, kFlag}}},
      {"lion",
       updateLion,
       {{"beta1", 0.9, kDecay}, {"beta2", 0.99, kDecay}, {"weight_decay", 0, kNotNegative}}},
      {"rmsprop",
       updateRmsProp,
       {{"alpha", 0.99, kNotNegative}, {"eps", 1e-8, kNotNegative},
        {"weight_decay", 0, kNotNegative}, {"momentum", 0, kNotNegative}, {"centered", 0, kFlag}}},
      {"sgd",
       updateSgd,
       {{"momentum", 0, kNotNegative}, {"dampening", 0, kAny}, {"weight_decay", 0, kNotNegative},
        {"nesterov", 0, kFlag}}},
  };
  return optimizers;
}

template <typename Range>
static std::string listNames(const Range &range) {
  return llvm::join(llvm::map_range(range, [](auto &each) { return each.name.str(); }), ", ");
}

std::optional<Optimizer> Optimizer::parse(StringRef text, std::string &problem) {
  StringRef name = text.split(',').first, rest = text.split(',').second;
  const auto *info = llvm::find_if(getOptimizers(), [&](auto &each) { return each.name == name; });
  if (info == getOptimizers().end()) {
    problem = ("no optimizer is called '" + name + "'; there are " + listNames(getOptimizers())).str();
    return std::nullopt;
  }
  Optimizer optimizer{info->update, {}};
  for (const Setting &setting : info->settings)
    optimizer.settings[setting.name] = setting.value;
  SmallVector<StringRef> parts;
  rest.split(parts, ',', -1, /*KeepEmpty=*/false);
  llvm::StringSet<> given;
  for (StringRef part : parts) {
    auto [key, number] = part.split('=');
    double value = number == "true";
    if (!optimizer.settings.contains(key)) {
      problem = (name + " has no setting '" + key + "'; it has " + listNames(info->settings)).str();
      if (key == "lr")
        problem += "; the learning rate is an input of the step";
      return std::nullopt;
    }
    if (number != "true" && number != "false" && number.getAsDouble(value)) {
      problem = (name + ": '" + part + "' gives no number").str();
      return std::nullopt;
    }
    if (!given.insert(key).second) {
      problem = (name + ": " + key + " is given twice").str();
      return std::nullopt;
    }
    const Limits &limits = llvm::find_if(info->settings, [name = key](const Setting &setting) {
                           return setting.name == name;
                         })->limits;
    if (!limits.contains(value)) {
      problem = (name + ": " + part + " is out of range: " + limits.describe()).str();
      return std::nullopt;
    }
    optimizer.settings[key] = value;
  }
  if (name == "sgd" && optimizer.settings["nesterov"] &&
      (!optimizer.settings["momentum"] || optimizer.settings["dampening"])) {
    problem = "sgd: nesterov needs momentum and no dampening";
    return std::nullopt;
  }
  return optimizer;
}
