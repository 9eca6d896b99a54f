//===- Bessel.cpp - ATen's Bessel and Airy functions -----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Approximations and coefficients are those of Cephes (S. L. Moshier: j0.c, j1.c, k0.c,
// k1.c, airy.c), as in PyTorch's ATen/native/Math.h.
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// A function of one argument in its element type; narrow floats are computed in f32.
using Function = llvm::function_ref<Expr(Expr)>;

static LogicalResult importFunction(NodeImporter &n, Function function) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Type wide = computationType(type);
  Expr x = n.operand(n.has("x") ? "x" : "self", wide);
  return x ? n.result(function(x).to(type)) : failure();
}

static Expr constant(Expr like, double value) {
  return {like.builder(), like.builder().splatLike(like, value)};
}

static Expr ratio(Expr x, ArrayRef<double> numerator, ArrayRef<double> denominator) {
  return polynomial(x, numerator) / polynomial(x, denominator).get();
}

/// +∞ or −∞ at 0, NaN below, else the value.
static Expr onPositive(Expr x, double atZero, Expr value) {
  return x.eq(0.0).select(constant(x, atZero), (x < 0.0).select(constant(x, NAN), value));
}

//===----------------------------------------------------------------------===//
// First and second kind, orders 0 and 1
//===----------------------------------------------------------------------===//

static const double j0PhaseP[] = {
    7.96936729297347051624e-04, 8.28352392107440799803e-02, 1.23953371646414299388e+00,
    5.44725003058768775090e+00, 8.74716500199817011941e+00, 5.30324038235394892183e+00,
    9.99999999999999997821e-01};
static const double j0PhaseQ[] = {
    9.24408810558863637013e-04, 8.56288474354474431428e-02, 1.25352743901058953537e+00,
    5.47097740330417105182e+00, 8.76190883237069594232e+00, 5.30605288235394617618e+00,
    1.00000000000000000218e+00};
static const double j0QuadratureP[] = {
    -1.13663838898469149931e-02, -1.28252718670509318512e+00, -1.95539544257735972385e+01,
    -9.32060152123768231369e+01, -1.77681167980488050595e+02, -1.47077505154951170175e+02,
    -5.14105326766599330220e+01, -6.05014350600728481186e+00};
static const double j0QuadratureQ[] = {
    6.43178256118178023184e+01, 8.56430025976980587198e+02, 3.88240183605401609683e+03,
    7.24046774195652478189e+03, 5.93072701187316984827e+03, 2.06209331660327847417e+03,
    2.42005740240291393179e+02};
static const double j0NearP[] = {
    -4.79443220978201773821e+09, 1.95617491946556577543e+12, -2.49248344360967716204e+14,
    9.70862251047306323952e+15};
static const double j0NearQ[] = {
    4.99563147152651017219e+02, 1.73785401676374683123e+05, 4.84409658339962045305e+07,
    1.11855537045356834862e+10, 2.11277520115489217587e+12, 3.10518229857422583814e+14,
    3.18121955943204943306e+16, 1.71086294081043136091e+18};
static const double j1PhaseP[] = {
    7.62125616208173112003e-04, 7.31397056940917570436e-02, 1.12719608129684925192e+00,
    5.11207951146807644818e+00, 8.42404590141772420927e+00, 5.21451598682361504063e+00,
    1.00000000000000000254e+00};
static const double j1PhaseQ[] = {
    5.71323128072548699714e-04, 6.88455908754495404082e-02, 1.10514232634061696926e+00,
    5.07386386128601488557e+00, 8.39985554327604159757e+00, 5.20982848682361821619e+00,
    9.99999999999999997461e-01};
static const double j1QuadratureP[] = {
    5.10862594750176621635e-02, 4.98213872951233449420e+00, 7.58238284132545283818e+01,
    3.66779609360150777800e+02, 7.10856304998926107277e+02, 5.97489612400613639965e+02,
    2.11688757100572135698e+02, 2.52070205858023719784e+01};
static const double j1QuadratureQ[] = {
    7.42373277035675149943e+01, 1.05644886038262816351e+03, 4.98641058337653607651e+03,
    9.56231892404756170795e+03, 7.99704160447350683650e+03, 2.82619278517639096600e+03,
    3.36093607810698293419e+02};
static const double j1NearP[] = {
    -8.99971225705559398224e+08, 4.52228297998194034323e+11, -7.27494245221818276015e+13,
    3.68295732863852883286e+15};
static const double j1NearQ[] = {
    6.20836478118054335476e+02, 2.56987256757748830383e+05, 8.35146791431949253037e+07,
    2.21511595479792499675e+10, 4.74914122079991414898e+12, 7.84369607876235854894e+14,
    8.95222336184627338078e+16, 5.32278620332680085395e+18};
static const double y0NearP[] = {
    1.55924367855235737965e+04, -1.46639295903971606143e+07, 5.43526477051876500413e+09,
    -9.82136065717911466409e+11, 8.75906394395366999549e+13, -3.46628303384729719441e+15,
    4.42733268572569800351e+16, -1.84950800436986690637e+16};
static const double y0NearQ[] = {
    1.04128353664259848412e+03, 6.26107330137134956842e+05, 2.68919633393814121987e+08,
    8.64002487103935000337e+10, 2.02979612750105546709e+13, 3.17157752842975028269e+15,
    2.50596256172653059228e+17};
static const double y1NearP[] = {
    1.26320474790178026440e+09, -6.47355876379160291031e+11, 1.14509511541823727583e+14,
    -8.12770255501325109621e+15, 2.02439475713594898196e+17, -7.78877196265950026825e+17};
static const double y1NearQ[] = {
    5.94301592346128195359e+02, 2.35564092943068577943e+05, 7.34811944459721705660e+07,
    1.87601316108706159478e+10, 3.88231277496238566008e+12, 6.20557727146953693363e+14,
    6.87141087355300489866e+16, 3.97270608116560655612e+18};

namespace {
/// The approximation beyond 5: √(2/πx) times (p cos φ − (5/x) q sin φ) for the first kind,
/// (p sin φ + (5/x) q cos φ) for the second, φ = x − ¼π or x − ¾π.
struct Phase {
  ArrayRef<double> phaseP, phaseQ, quadratureP, quadratureQ;
  double shift;
};
} // namespace

static const Phase phase0 = {j0PhaseP, j0PhaseQ, j0QuadratureP, j0QuadratureQ, M_PI_4};
static const Phase phase1 = {j1PhaseP, j1PhaseQ, j1QuadratureP, j1QuadratureQ, 3 * M_PI_4};

static Expr besselFar(Expr x, const Phase &phase, bool isSecondKind) {
  Expr far = atLeast(x, 5.0), w = constant(x, 5) / far.get(), z = w.square();
  Expr p = ratio(z, phase.phaseP, phase.phaseQ);
  Expr q = ratio(z, phase.quadratureP, phase.quadratureQ) * w.get();
  Expr angle = far - phase.shift, sin = angle.sin(), cos = angle.cos();
  Expr wave = isSecondKind ? p * sin.get() + (q * cos.get()).get()
                           : p * cos.get() - (q * sin.get()).get();
  return wave * 0.797884560802865355879892119868763737 / far.sqrt().get();
}

static Expr besselJ0(Expr given) {
  Expr x = magnitude(given), near = atMost(x, 5.0), z = near.square();
  Expr zeros = (z - 5.78318596294678452118) * (z - 30.4712623436620863991).get();
  Expr value = zeros * ratio(z, j0NearP, j0NearQ).get();
  value = (x < 0.00001).select(-z / 4.0 + 1.0, value);
  return (x <= 5.0).select(value, besselFar(x, phase0, /*isSecondKind=*/false));
}

static Expr besselJ1(Expr given) {
  Expr x = magnitude(given), near = atMost(x, 5.0), z = near.square();
  Expr zeros = (z - 14.6819706421238932572) * (z - 49.2184563216946036703).get();
  Expr value = ratio(z, j1NearP, j1NearQ) * near.get() * zeros.get();
  value = (x <= 5.0).select(value, besselFar(x, phase1, /*isSecondKind=*/false));
  return (given < 0.0).select(-value, value);
}

static Expr besselY0(Expr x) {
  Expr z = atMost(x, 5.0).square();
  Expr value = ratio(z, y0NearP, y0NearQ) + (x.log() * besselJ0(x).get() * M_2_PI).get();
  value = (x <= 5.0).select(value, besselFar(x, phase0, /*isSecondKind=*/true));
  return onPositive(x, -INFINITY, value);
}

static Expr besselY1(Expr x) {
  Expr near = atMost(x, 5.0), z = near.square();
  Expr singular = (besselJ1(x) * x.log().get() - (constant(x, 1) / x.get()).get()) * M_2_PI;
  Expr value = near * ratio(z, y1NearP, y1NearQ).get() + singular.get();
  value = (x <= 5.0).select(value, besselFar(x, phase1, /*isSecondKind=*/true));
  return onPositive(x, -INFINITY, value);
}

//===----------------------------------------------------------------------===//
// Modified, second kind
//===----------------------------------------------------------------------===//

static const double k0Near[] = {
    1.37446543561352307156e-16, 4.25981614279661018399e-14, 1.03496952576338420167e-11,
    1.90451637722020886025e-09, 2.53479107902614945675e-07, 2.28621210311945178607e-05,
    1.26461541144692592338e-03, 3.59799365153615016266e-02, 3.44289899924628486886e-01,
    -5.35327393233902768720e-01};
static const double k0Far[] = {
    5.30043377268626276149e-18, -1.64758043015242134646e-17, 5.21039150503902756861e-17,
    -1.67823109680541210385e-16, 5.51205597852431940784e-16, -1.84859337734377901440e-15,
    6.34007647740507060557e-15, -2.22751332699166985548e-14, 8.03289077536357521100e-14,
    -2.98009692317273043925e-13, 1.14034058820847496303e-12, -4.51459788337394416547e-12,
    1.85594911495471785253e-11, -7.95748924447710747776e-11, 3.57739728140030116597e-10,
    -1.69753450938905987466e-09, 8.57403401741422608519e-09, -4.66048989768794782956e-08,
    2.76681363944501510342e-07, -1.83175552271911948767e-06, 1.39498137188764993662e-05,
    -1.28495495816278026384e-04, 1.56988388573005337491e-03, -3.14481013119645005427e-02,
    2.44030308206595545468e+00};
static const double k1Near[] = {
    -7.02386347938628759343e-18, -2.42744985051936593393e-15, -6.66690169419932900609e-13,
    -1.41148839263352776110e-10, -2.21338763073472585583e-08, -2.43340614156596823496e-06,
    -1.73028895751305206302e-04, -6.97572385963986435018e-03, -1.22611180822657148235e-01,
    -3.53155960776544875667e-01, 1.52530022733894777053e+00};
static const double k1Far[] = {
    -5.75674448366501715755e-18, 1.79405087314755922667e-17, -5.68946255844285935196e-17,
    1.83809354436663880070e-16, -6.05704724837331885336e-16, 2.03870316562433424052e-15,
    -7.01983709041831346144e-15, 2.47715442448130437068e-14, -8.97670518232499435011e-14,
    3.34841966607842919884e-13, -1.28917396095102890680e-12, 5.13963967348173025100e-12,
    -2.12996783842756842877e-11, 9.21831518760500529508e-11, -4.19035475934189648750e-10,
    2.01504975519703286596e-09, -1.03457624656780970260e-08, 5.74108412545004946722e-08,
    -3.50196060308781257119e-07, 2.40648494783721712015e-06, -1.93619797416608296024e-05,
    1.95215518471351631108e-04, -2.85781685962277938680e-03, 1.03923736576817238437e-01,
    2.72062619048444266945e+00};

/// Times eˣ if scaled.
static Expr besselK(Expr x, int order, bool isScaled) {
  Expr near = atMost(x, 2.0), far = atLeast(x, 2.0), z = near.square() - 2.0;
  Expr i = modifiedBesselI(near, order, /*isScaled=*/false), log = (near * 0.5).log();
  Expr inner = order == 0 ? chebyshevSeries(z, k0Near) - (log * i.get()).get()
                          : log * i.get() + (chebyshevSeries(z, k1Near) / near.get()).get();
  Expr argument = constant(x, 8) / far.get() - 2.0;
  Expr outer = chebyshevSeries(argument, order == 0 ? ArrayRef(k0Far) : ArrayRef(k1Far)) /
               far.sqrt().get();
  if (isScaled)
    inner = inner * near.exp().get();
  else
    outer = outer * (-x).exp().get();
  return onPositive(x, INFINITY, (x <= 2.0).select(inner, outer));
}

//===----------------------------------------------------------------------===//
// Airy's function
//===----------------------------------------------------------------------===//

static const double airyP[] = {
    3.46538101525629032477e-01, 1.20075952739645805542e+01, 7.62796053615234516538e+01,
    1.68089224934630576269e+02, 1.59756391350164413639e+02, 7.05360906840444183113e+01,
    1.40264691163389668864e+01, 9.99999999999999995305e-01};
static const double airyQ[] = {
    5.67594532638770212846e-01, 1.47562562584847203173e+01, 8.45138970141474626562e+01,
    1.77318088145400459522e+02, 1.64234692871529701831e+02, 7.14778400825575695274e+01,
    1.40959135607834029598e+01, 1.00000000000000000470e+00};
static const double airyFP[] = {
    -1.31696323418331795333e-01, -6.26456544431912369773e-01, -6.93158036036933542233e-01,
    -2.79779981545119124951e-01, -4.91900132609500318020e-02, -4.06265923594885404393e-03,
    -1.59276496239262096340e-04, -2.77649108155232920844e-06, -1.67787698489114633780e-08};
static const double airyFQ[] = {
    1.33560420706553243746e+01, 3.26825032795224613948e+01, 2.67367040941499554804e+01,
    9.18707402907259625840e+00, 1.47529146771666414581e+00, 1.15687173795188044134e-01,
    4.40291641615211203805e-03, 7.54720348287414296618e-05, 4.51850092970580378464e-07};
static const double airyGP[] = {
    1.97339932091685679179e-02, 3.91103029615688277255e-01, 1.06579897599595591108e+00,
    9.39169229816650230044e-01, 3.51465656105547619242e-01, 6.33888919628925490927e-02,
    5.85804113048388458567e-03, 2.82851600836737019778e-04, 6.98793669997260967291e-06,
    8.11789239554389293311e-08, 3.41551784765923618484e-10};
static const double airyGQ[] = {
    9.30892908077441974853e+00, 1.98352928718312140417e+01, 1.55646628932864612953e+01,
    5.47686069422975497931e+00, 9.54293611618961883998e-01, 8.64580826352392193095e-02,
    4.12656523824222607191e-03, 1.01259085116509135510e-04, 1.17166733214413521882e-06,
    4.91834570062930015649e-09};

static constexpr double kInverseSqrtPi = 0.564189583547756286948;

/// Beyond ±2.09 by asymptotic series, else by its power series, of which a dozen terms
/// are enough there.
static Expr airyAi(Expr x) {
  Expr low = -atMost(x, -2.09), lowRoot = low.sqrt(), t = low * lowRoot.get() * (2.0 / 3.0);
  Expr z = constant(x, 1) / t.get(), z2 = z.square();
  Expr f = ratio(z2, airyFP, airyFQ) * z2.get() + 1.0, g = ratio(z2, airyGP, airyGQ) * z.get();
  Expr angle = t + M_PI_4;
  Expr wave = angle.sin() * f.get() - (angle.cos() * g.get()).get();
  Expr below = wave * kInverseSqrtPi / lowRoot.sqrt().get();

  Expr high = atLeast(x, 2.09), highRoot = high.sqrt(), zeta = high * highRoot.get() * (2.0 / 3.0);
  Expr series = ratio(constant(x, 1) / zeta.get(), airyP, airyQ);
  Expr above = series * (kInverseSqrtPi / 2) * (-zeta).exp().get() / highRoot.sqrt().get();

  Expr middle = clamp(x, -2.09, 2.09), cube = middle.square() * middle.get();
  Expr even = constant(x, 1), odd = middle, evenSum = even, oddSum = odd;
  for (int k = 0; k < 14; ++k) {
    even = even * cube.get() / double((3 * k + 2) * (3 * k + 3));
    odd = odd * cube.get() / double((3 * k + 3) * (3 * k + 4));
    evenSum = evenSum + even.get();
    oddSum = oddSum + odd.get();
  }
  Expr inner = evenSum * 0.355028053887817239260 - (oddSum * 0.258819403792806798405).get();
  Expr value = (x < -2.09).select(below, (x >= 2.09).select(above, inner));
  return x.abs().eq(INFINITY).select(constant(x, NAN), value);
}

template <Expr (*function)(Expr)>
static LogicalResult importOne(NodeImporter &n) {
  return importFunction(n, [](Expr x) { return function(x); });
}

template <int order, bool isScaled>
static LogicalResult importK(NodeImporter &n) {
  return importFunction(n, [](Expr x) { return besselK(x, order, isScaled); });
}

void torch::registerBesselOps(OpTable &t) {
  t.add("aten.special_bessel_j0.default", importOne<besselJ0>);
  t.add("aten.special_bessel_j1.default", importOne<besselJ1>);
  t.add("aten.special_bessel_y0.default", importOne<besselY0>);
  t.add("aten.special_bessel_y1.default", importOne<besselY1>);
  t.add("aten.special_modified_bessel_k0.default", importK<0, false>);
  t.add("aten.special_modified_bessel_k1.default", importK<1, false>);
  t.add("aten.special_scaled_modified_bessel_k0.default", importK<0, true>);
  t.add("aten.special_scaled_modified_bessel_k1.default", importK<1, true>);
  t.add("aten.special_airy_ai.default", importOne<airyAi>);
}
