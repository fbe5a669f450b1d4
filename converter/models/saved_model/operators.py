"""The operators that a SavedModel may hold: what image classifiers compute with, and nothing that leaves the process.

It is an allowlist: an operator that is not here, because it is new, rare or somebody's own, is refused by name.
"""

from __future__ import annotations

import math

from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.framework.types_pb2 import DataType

_CALLS = "PartitionedCall StatefulPartitionedCall"
_CONTROL_FLOW = """
    Case Enter Exit FakeParam If LoopCond Merge NextIteration NoOp RefEnter RefExit RefIdentity RefMerge
    RefNextIteration RefSwitch StatelessCase StatelessIf StatelessWhile Switch ControlTrigger While
"""
_VARIABLES = """
    Assign AssignAdd AssignAddVariableOp AssignSub AssignSubVariableOp AssignVariableOp DisableCopyOnRead
    IsVariableInitialized ReadVariableOp ResourceGather ResourceGatherNd VarHandleOp VarIsInitializedOp Variable
    VariableShape VariableV2
"""
_ARITHMETIC = """
    Abs AccumulateNV2 Acos Acosh Add AddN AddV2 All Angle Any ApproximateEqual ArgMax ArgMin Asin Asinh Atan Atan2 Atanh
    BatchMatMul BatchMatMulV2 BatchMatMulV3 BesselI0e BesselI1e Betainc Bincount BitwiseAnd BitwiseOr BitwiseXor
    Bucketize Cast Ceil ClipByValue Complex ComplexAbs Conj ConjugateTranspose Cos Cosh Cross Cumprod Cumsum
    CumulativeLogsumexp DenseBincount Digamma Div DivNoNan Einsum Equal Erf Erfc Erfinv EuclideanNorm Exp Expm1 FFT
    FFT2D Floor FloorDiv FloorMod Greater GreaterEqual HistogramFixedWidth IFFT IFFT2D IRFFT IRFFT2D Igamma Igammac Imag
    Inv Invert IsFinite IsInf IsNan LeftShift Less LessEqual Lgamma Log Log1p LogicalAnd LogicalNot LogicalOr MatMul Max
    Maximum Mean Min Minimum Mod Mul MulNoNan Ndtri Neg NotEqual Polygamma PopulationCount Pow Prod RFFT RFFT2D Real
    RealDiv Reciprocal RightShift Rint Round Rsqrt SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum Sigmoid Sign
    Sin Sinh Sqrt Square SquaredDifference Sub Sum Tan Tanh TruncateDiv TruncateMod UnsortedSegmentMax
    UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum Xdivy Xlog1py Xlogy Zeta
"""
_LINEAR_ALGEBRA = """
    Cholesky MatrixBandPart MatrixDeterminant MatrixDiag MatrixDiagPart MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2
    MatrixDiagV3 MatrixInverse MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3 MatrixSolve MatrixTriangularSolve Qr
    SelfAdjointEigV2 Svd Diag DiagPart BatchMatrixDiag BatchMatrixDiagPart BatchMatrixBandPart
"""
_NETWORKS = """
    AvgPool AvgPool3D BatchNormWithGlobalNormalization BiasAdd BiasAddV1 Conv Conv2D Conv2DBackpropInput Conv3D
    Conv3DBackpropInputV2 DataFormatDimMap DataFormatVecPermute DepthwiseConv2dNative Dilation2D Elu
    FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel FractionalAvgPool
    FractionalMaxPool FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 FusedPadConv2D FusedResizeAndPadConv2D InTopK
    InTopKV2 L2Loss LRN LeakyRelu LogSoftmax MaxPool MaxPool3D MaxPoolV2 MaxPoolWithArgmax NthElement
    QuantizeAndDequantize QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4 QuantizeV2 Dequantize
    Relu Relu6 Selu Softmax SoftmaxCrossEntropyWithLogits Softplus Softsign SparseSoftmaxCrossEntropyWithLogits TopK
    TopKV2
"""
_GRADIENTS = """
    AvgPoolGrad BiasAddGrad BroadcastGradientArgs Conv2DBackpropFilter DepthwiseConv2dNativeBackpropFilter
    DepthwiseConv2dNativeBackpropInput EluGrad FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3
    LeakyReluGrad MaxPoolGrad Relu6Grad ReluGrad ResizeBilinearGrad ResizeNearestNeighborGrad RsqrtGrad SeluGrad
    SigmoidGrad SoftplusGrad SqrtGrad TanhGrad InvGrad ReciprocalGrad
"""
_OPTIMIZERS = """
    ApplyAdam ApplyGradientDescent ApplyMomentum ApplyRMSProp ResourceApplyAdam ResourceApplyAdamWithAmsgrad
    ResourceApplyGradientDescent ResourceApplyKerasMomentum ResourceApplyMomentum ResourceApplyRMSProp
"""
_ARRAYS = """
    BatchToSpace BatchToSpaceND Bitcast BroadcastArgs BroadcastTo CheckNumerics CheckNumericsV2 Concat ConcatOffset
    ConcatV2 Const DepthToSpace DynamicPartition DynamicStitch Empty EnsureShape ExpandDims ExtractImagePatches Fill
    Gather GatherNd GatherV2 GuaranteeConst Identity IdentityN InplaceAdd InplaceUpdate InvertPermutation LinSpace
    ListDiff LowerBound MirrorPad OneHot OnesLike Pack Pad PadV2 ParallelDynamicStitch Placeholder PlaceholderV2
    PlaceholderWithDefault PreventGradient Range Rank Reshape ResourceStridedSliceAssign Reverse ReverseSequence
    ReverseV2 Roll ScatterNd ScatterNdNonAliasingAdd Select SelectV2 Shape ShapeN Size Slice Snapshot SpaceToBatch
    SpaceToBatchND SpaceToDepth SparseToDense Split SplitV Squeeze StopGradient StridedSlice TensorScatterAdd
    TensorScatterMax TensorScatterMin TensorScatterSub TensorScatterUpdate TensorStridedSliceUpdate Tile Transpose
    Unique UniqueV2 UniqueWithCounts UniqueWithCountsV2 Unpack UnravelIndex UpperBound Where ZerosLike
"""
_LISTS = """
    EmptyTensorList TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayGatherV3 TensorArrayReadV3 TensorArrayScatterV3
    TensorArraySizeV3 TensorArraySplitV3 TensorArrayV3 TensorArrayWriteV3 TensorListConcat TensorListConcatV2
    TensorListElementShape TensorListFromTensor TensorListGather TensorListGetItem TensorListLength TensorListPopBack
    TensorListPushBack TensorListReserve TensorListResize TensorListScatter TensorListScatterIntoExistingList
    TensorListScatterV2 TensorListSetItem TensorListSplit TensorListStack
"""
_IMAGES = """
    AdjustContrast AdjustContrastv2 AdjustHue AdjustSaturation CombinedNonMaxSuppression CropAndResize DecodeAndCropJpeg
    DecodeBmp DecodeGif DecodeImage DecodeJpeg DecodePng DecodeRaw DrawBoundingBoxes DrawBoundingBoxesV2 EncodeJpeg
    EncodePng ExtractGlimpse ExtractGlimpseV2 ExtractJpegShape HSVToRGB ImageProjectiveTransformV2
    ImageProjectiveTransformV3 NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4
    NonMaxSuppressionV5 ParseExample ParseExampleV2 ParseSingleExample RGBToHSV ResizeArea ResizeBicubic ResizeBilinear
    ResizeNearestNeighbor SampleDistortedBoundingBox SampleDistortedBoundingBoxV2 ScaleAndTranslate
"""
_RANDOM = """
    Multinomial ParameterizedTruncatedNormal RandomCrop RandomGamma RandomPoissonV2 RandomShuffle RandomStandardNormal
    RandomUniform RandomUniformInt RngReadAndSkip RngSkip StatefulStandardNormalV2 StatefulTruncatedNormal
    StatefulUniform StatefulUniformFullInt StatefulUniformInt StatelessMultinomial
    StatelessParameterizedTruncatedNormal StatelessRandomBinomial StatelessRandomGammaV2 StatelessRandomGammaV3
    StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg StatelessRandomNormal
    StatelessRandomNormalV2 StatelessRandomUniform StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2
    StatelessRandomUniformInt StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessSampleDistortedBoundingBox
    StatelessShuffle StatelessTruncatedNormal StatelessTruncatedNormalV2 TruncatedNormal
"""
_LABELS = """
    HashTable HashTableV2 InitializeTable InitializeTableV2 LookupTableFind LookupTableFindV2 LookupTableImport
    LookupTableImportV2 LookupTableSize LookupTableSizeV2
"""
_MESSAGES = "AsString Assert Print PrintV2 StringFormat StringJoin StringLower StringStrip"
_SAVES = "MergeV2Checkpoints RestoreV2 SaveV2 ShardedFilename StaticRegexFullMatch StringJoin"

RANDOM = frozenset(_RANDOM.split())
"""What draws random numbers."""
COMPUTES = frozenset(
    name
    for group in (_CALLS, _CONTROL_FLOW, _VARIABLES, _ARITHMETIC, _LINEAR_ALGEBRA, _NETWORKS, _GRADIENTS, _OPTIMIZERS,
                  _ARRAYS, _LISTS, _IMAGES, _RANDOM, _LABELS, _MESSAGES)
    for name in group.split()
)  # fmt: skip
"""What may be anywhere."""
SAVES = COMPUTES | frozenset(_SAVES.split())
"""What the saver may hold: every SavedModel has one, and none is ever run here."""
_STREAMS = {b"stderr", b"stdout", b"log(info)", b"log(warning)", b"log(error)"}
_MOST_ELEMENTS = 1 << 28
_HANDLES = {DataType.DT_RESOURCE, DataType.DT_VARIANT}


def refusal(node: NodeDef, allowed: frozenset[str]) -> str:
    """Why a node may not be in a file, to follow its name; empty where it may.

    Args:
        node: no call of a function by its name.
        allowed: names of operators.
    """
    if node.op not in allowed:
        return "is not among those that image classifiers need"
    if node.op == "PrintV2" and "output_stream" in node.attr and node.attr["output_stream"].s not in _STREAMS:
        return f"prints to {node.attr['output_stream'].s[:60].decode('utf-8', 'replace')!r}"
    if node.op == "Const" and "value" in node.attr:
        tensor = node.attr["value"].tensor
        if tensor.dtype in _HANDLES:
            return "holds a handle to something outside the file"
        if math.prod(max(0, side.size) for side in tensor.tensor_shape.dim) > _MOST_ELEMENTS:
            return f"says that it holds more than {_MOST_ELEMENTS:,} numbers"
    return ""
