//===- Special.c - error, gamma and digamma functions -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// erf in f64: fdlibm's s_erf.c, all four ranges computed and one selected. In
// f32: a polynomial on [0, 0.93], 1 − exp(polynomial) beyond (minimax, 1 ulp).
// erf_inv: the normal quantile of Wichura's AS 241 and one step of Newton's.
// lgamma: Lanczos' series (g = 607/128, 15 terms; Godfrey, 2001), reflected below
// ½. digamma: recurrence up to 8, then the asymptotic series, reflected below 0.
//
//===----------------------------------------------------------------------===//

#include "Bits.h"

#define PI 0x1.921fb54442d18p+1

double dlc_math_erf_f64(double x) {
  double a = __builtin_fabs(x), z = a * a;
  // |x| < 0.84375
  double p = P64(5, z, -2.37630166566501626084e-05, -5.77027029648944159157e-03,
                 -2.84817495755985104766e-02, -3.25042107247001499370e-01,
                 1.28379167095512558561e-01);
  double q = P64(6, z, -3.96022827877536812320e-06, 1.32494738004321644526e-04,
                 5.08130628187576562776e-03, 6.50222499887672944485e-02,
                 3.97917223959155352819e-01, 1.0);
  double small = fma_f64(a, p / q, a);
  // |x| < 1.25
  double s = a - 1;
  p = P64(7, s, -2.16637559486879084300e-03, 3.54783043256182359371e-02,
          -1.10894694282396677476e-01, 3.18346619901161753674e-01, -3.72207876035701323847e-01,
          4.14856118683748331666e-01, -2.36211856075265944077e-03);
  q = P64(7, s, 1.19844998467991074170e-02, 1.36370839120290507362e-02, 1.26171219808761642112e-01,
          7.18286544141962662868e-02, 5.40397917702171048937e-01, 1.06420880400844228286e-01, 1.0);
  double middle = 8.45062911510467529297e-01 + p / q;
  // Beyond: 1 − erfc.
  double b = a < 6 ? a : 6, t = 1 / (b * b);
  double ra = P64(8, t, -9.81432934416914548592e+00, -8.12874355063065934246e+01,
                  -1.84605092906711035994e+02, -1.62396669462573470355e+02,
                  -6.23753324503260060396e+01, -1.05586262253232909814e+01,
                  -6.93858572707181764372e-01, -9.86494403484714822705e-03);
  double sa = P64(9, t, -6.04244152148580987438e-02, 6.57024977031928170135e+00,
                  1.08635005541779435134e+02, 4.29008140027567833386e+02,
                  6.45387271733267880336e+02, 4.34565877475229228821e+02,
                  1.37657754143519042600e+02, 1.96512716674392571292e+01, 1.0);
  double rb = P64(7, t, -4.83519191608651397019e+02, -1.02509513161107724954e+03,
                  -6.37566443368389627722e+02, -1.60636384855821916062e+02,
                  -1.77579549177547519889e+01, -7.99283237680523006574e-01,
                  -9.86494292470009928597e-03);
  double sb = P64(8, t, -2.24409524465858183362e+01, 4.74528541206955367215e+02,
                  2.55305040643316442583e+03, 3.19985821950859553908e+03,
                  1.53672958608443695994e+03, 3.25792512996573918826e+02,
                  3.03380607434824582924e+01, 1.0);
  double ratio = b < 1 / 0.35 ? ra / sa : rb / sb;
  double head = from_bits_f64(bits_f64(b) & 0xffffffff00000000); // Its square is exact.
  double large = 1 - dlc_math_exp_f64(-head * head - 0.5625) *
                         dlc_math_exp_f64((head - b) * (head + b) + ratio) / b;
  double y = a < 0.84375 ? small : a < 1.25 ? middle : large;
  return x != x ? x : __builtin_copysign(y, x);
}

float dlc_math_erf_f32(float x) {
  float a = __builtin_fabsf(x), z = x * x;
  float in = a < 4 ? a : 4, square = in * in;
  float r = fma_f32(-1.72853470e-5f, in, 3.83197126e-4f);
  float u = fma_f32(-3.88396438e-3f, in, 2.42546219e-2f);
  r = fma_f32(r, square, u);
  r = fma_f32(r, in, -1.06777877e-1f);
  r = fma_f32(r, in, -6.34846687e-1f);
  r = fma_f32(r, in, -1.28717512e-1f);
  r = fma_f32(r, in, -in);
  float large = __builtin_copysignf(1 - dlc_math_exp_f32(r), x);
  float p = P32(6, z, -5.96761703e-4f, 4.99119423e-3f, -2.67681349e-2f, 1.12819925e-1f,
                -3.76125336e-1f, 1.28379166e-1f);
  float small = fma_f32(p, x, x);
  float y = a > 0.927734375f ? large : small;
  return x != x ? x : y;
}

#define SQRT_HALF 0x1.6a09e667f3bcdp-1

/// x·(1 + erf(x/√2))/2; −∞ gives −0, as the limit does.
double dlc_math_gelu_f64(double x) {
  double y = 0.5 * x * (1 + dlc_math_erf_f64(x * SQRT_HALF));
  return x == -INFINITY_F64 ? -0.0 : y;
}
/// Φ(x) − ½ = x·P(x²) with one polynomial on [−5.2, 5.2], in a variable that
/// runs from −1 to 1: |error of Φ| <= 1.1e-7, as 1 + erf has it where it cancels,
/// at a third of the cost.
float dlc_math_gelu_f32(float x) {
  float u = fma_f32(x * x, 0.07396449704f, -1.0f);
  float p = P32(15, u, 0.00023367369431070983f, -0.0005816409830003977f, 0.0005012737237848341f,
                -0.0009206583490595222f, 0.0027854919899255037f, -0.005133400671184063f,
                0.007935548201203346f, -0.012317512184381485f, 0.0181567445397377f,
                -0.024772806093096733f, 0.031959064304828644f, -0.039924364537000656f,
                0.05002627894282341f, -0.06774383783340454f, 0.1359499841928482f);
  float y = x * fma_f32(x, p, 0.5f);
  y = x > 5.2f ? x : y;
  y = x < -5.2f ? -0.0f : y;
  return x != x ? x : y;
}

#define SQRT_2_OVER_PI 0x1.9884533d43651p-1

double dlc_math_gelu_tanh_f64(double x) {
  double y = 0.5 * x * (1 + dlc_math_tanh_f64(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)));
  return x == -INFINITY_F64 ? -0.0 : y;
}
float dlc_math_gelu_tanh_f32(float x) {
  float y = 0.5f * x *
            (1 + dlc_math_tanh_f32((float)SQRT_2_OVER_PI * (x + 0.044715f * x * x * x)));
  return x == -__builtin_inff() ? -0.0f : y;
}

double dlc_math_erf_inv_f64(double x) {
  double a = __builtin_fabs(x), q = 0.5 * (a < 0.85 ? a : 0.5), r = 0.180625 - q * q;
  double center = q *
                  P64(8, r, 2.5090809287301226727e+3, 3.3430575583588128105e+4,
                      6.7265770927008700853e+4, 4.5921953931549871457e+4, 1.3731693765509461125e+4,
                      1.9715909503065514427e+3, 1.3314166789178437745e+2,
                      3.3871328727963666080e+0) /
                  P64(8, r, 5.2264952788528545610e+3, 2.8729085735721942674e+4,
                      3.9307895800092710610e+4, 2.1213794301586595867e+4, 5.3941960214247511077e+3,
                      6.8718700749205790830e+2, 4.2313330701600911252e+1, 1.0);
  double tail = __builtin_sqrt(-dlc_math_log_f64(0.5 * (1 - a))), t = tail - 1.6, u = tail - 5;
  double near = P64(8, t, 7.74545014278341407640e-4, 2.27238449892691845833e-2,
                    2.41780725177450611770e-1, 1.27045825245236838258e+0,
                    3.64784832476320460504e+0, 5.76949722146069140550e+0,
                    4.63033784615654529590e+0, 1.42343711074968357734e+0) /
                P64(8, t, 1.05075007164441684324e-9, 5.47593808499534494600e-4,
                    1.51986665636164571966e-2, 1.48103976427480074590e-1,
                    6.89767334985100004550e-1, 1.67638483018380384940e+0,
                    2.05319162663775882187e+0, 1.0);
  double far = P64(8, u, 2.01033439929228813265e-7, 2.71155556874348757815e-5,
                   1.24266094738807843860e-3, 2.65321895265761230930e-2,
                   2.96560571828504891230e-1, 1.78482653991729133580e+0,
                   5.46378491116411436990e+0, 6.65790464350110377720e+0) /
               P64(8, u, 2.04426310338993978564e-15, 1.42151175831644588870e-7,
                   1.84631831751005468180e-5, 7.86869131145613259100e-4,
                   1.48753612908506148525e-2, 1.36929880922735805310e-1,
                   5.99832206555887937690e-1, 1.0);
  double y = SQRT_HALF * (a < 0.85 ? center : tail <= 5 ? near : far);
  y = a == 1 ? INFINITY_F64 : a > 1 ? NAN_F64 : y;
  return x != x ? x : __builtin_copysign(y, x);
}
float dlc_math_erf_inv_f32(float x) { return (float)dlc_math_erf_inv_f64(x); }

/// ln Γ(x) for x >= ½.
static inline double lgamma_positive(double x) {
  static const double g = 607.0 / 128.0;
  double z = x - 1;
  double sum = 0.99999999999999709182 + 57.156235665862923517 / (z + 1) -
               59.597960355475491248 / (z + 2) + 14.136097974741747174 / (z + 3) -
               0.49191381609762019978 / (z + 4) + 0.33994649984811888699e-4 / (z + 5) +
               0.46523628927048575665e-4 / (z + 6) - 0.98374475304879564677e-4 / (z + 7) +
               0.15808870322491248884e-3 / (z + 8) - 0.21026444172410488319e-3 / (z + 9) +
               0.21743961811521264320e-3 / (z + 10) - 0.16431810653676389022e-3 / (z + 11) +
               0.84418223983852743293e-4 / (z + 12) - 0.26190838401581408670e-4 / (z + 13) +
               0.36899182659531622704e-5 / (z + 14);
  double t = z + g + 0.5;
  double y = (z + 0.5) * dlc_math_log_f64(t) - t + 0.91893853320467274178 + dlc_math_log_f64(sum);
  // Near its zeros 1 and 2 by Taylor's series: the sum above cancels there.
  double d = x < 1.5 ? x - 1 : x - 2;
  double at1 = d * (d * P64(12, d, -0.0769325164113521915, 0.0833538405461090037,
                     -0.0909540171458290420, 0.100099457512781809, -0.111334265869564691,
                     0.125509669524743042, -0.144049896768846118, 0.169557176997408189,
                     -0.207385551028673986, 0.270580808427784548, -0.400685634386531428,
                     0.822467033424113218) -
             0.577215664901532861);
  double at2 = at1 + dlc_math_log1p_f64(d); // Γ(2 + d) = (1 + d)·Γ(1 + d)
  y = __builtin_fabs(d) < 0.03 ? (x < 1.5 ? at1 : at2) : y;
  return x == INFINITY_F64 ? x : y;
}

double dlc_math_lgamma_f64(double x) {
  int reflect = x < 0.5;
  double y = lgamma_positive(reflect ? 1 - x : x);
  // ln |Γ(x)| = ln(π / |sin πx|) − ln Γ(1 − x)
  double fraction = x - 2 * __builtin_rint(0.5 * x); // sin has period 2.
  double s = __builtin_fabs(dlc_math_sin_small_f64(PI * (reflect ? fraction : 0.5)));
  double reflected = dlc_math_log_f64(PI / s) - y;
  int pole = x <= 0 && x == __builtin_floor(x);
  y = reflect ? reflected : y;
  y = pole || x == -INFINITY_F64 ? INFINITY_F64 : y;
  return x != x ? x : y;
}
float dlc_math_lgamma_f32(float x) { return (float)dlc_math_lgamma_f64(x); }

double dlc_math_digamma_f64(double x) {
  int reflect = x < 0;
  double z = reflect ? 1 - x : x, y = 0;
  // ψ(z) = ψ(z + 1) − 1/z
#define STEP                                                                                       \
  y -= z < 8 ? 1 / z : 0;                                                                          \
  z += z < 8 ? 1 : 0;
  STEP STEP STEP STEP STEP STEP STEP STEP
#undef STEP
  double t = 1 / (z * z);
  double series = t * P64(7, t, 1.0 / 12, -691.0 / 32760, 1.0 / 132, -1.0 / 240, 1.0 / 252,
                          -1.0 / 120, 1.0 / 12);
  y += dlc_math_log_f64(z) - 0.5 / z - series;
  // ψ(x) = ψ(1 − x) − π / tan πx
  double fraction = x - __builtin_rint(x);
  double cotangent = PI / dlc_math_tan_small_f64(PI * (reflect ? fraction : 0.25));
  y = reflect ? y - cotangent : y;
  y = reflect && fraction == 0 ? NAN_F64 : y;
  y = x == 0 ? __builtin_copysign(INFINITY_F64, -x) : y;
  y = x == INFINITY_F64 ? x : y;
  y = x == -INFINITY_F64 ? NAN_F64 : y;
  return x != x ? x : y;
}
float dlc_math_digamma_f32(float x) { return (float)dlc_math_digamma_f64(x); }
