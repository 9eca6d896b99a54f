#include "DlUtils.h"
using namespace mlir;
using namespace dlc::dl;
#define F(Op) OpFoldResult Op::fold(FoldAdaptor) { return nullptr; }
#define C(Op) void Op::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
F(NegOp) F(AbsOp) F(SignOp) F(ExpOp) F(Expm1Op) F(LogOp) F(Log1pOp) F(SqrtOp) F(RsqrtOp) F(ReciprocalOp)
F(SinOp) F(CosOp) F(TanOp) F(AsinOp) F(AcosOp) F(AtanOp) F(SinhOp) F(CoshOp) F(TanhOp) F(AsinhOp) F(AcoshOp) F(AtanhOp)
F(ErfOp) F(ErfInvOp) F(LgammaOp) F(DigammaOp) F(SigmoidOp) F(FloorOp) F(CeilOp) F(RoundOp) F(TruncOp) F(NotOp) F(ReluOp) F(SiluOp) F(GeluOp)
F(IsNanOp) F(IsInfOp)
F(AddOp) F(SubOp) F(MulOp) F(DivOp) F(RemOp) F(PowOp) F(MaxOp) F(MinOp) F(Atan2Op) F(AndOp) F(OrOp) F(XorOp) F(ShiftLeftOp) F(ShiftRightOp)
F(CompareOp) F(SelectOp) F(ClampOp)
F(SplatOp) F(ConvertOp) F(BitcastOp) F(DimSizeOp) C(IotaOp) C(SplatOp)
F(ReshapeOp) F(BroadcastInDimOp) F(TransposeOp) F(ConcatOp) F(SliceOp) F(DynamicSliceOp) F(DynamicUpdateSliceOp) F(PadOp) F(ReverseOp) F(GatherOp)
C(ReshapeOp) C(BroadcastInDimOp) C(TransposeOp) C(ConcatOp) C(SliceOp) C(DynamicSliceOp) C(PadOp) C(GatherOp)
F(ReduceOp) C(ReduceOp) C(TopKOp)
