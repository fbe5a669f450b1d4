"""OpenCV's own loop: it captures and draws, the runtime only classifies.

python examples/opencv_loop.py model.tflite clip.mp4 labelled.avi
python examples/opencv_loop.py model.tflite 0                       # a camera, in a window
"""

import sys

import cv2

from edge_runtime import Classifier

WHITE = (255, 255, 255)


def main(model: str, source: str, target: str = "") -> None:
    """Labels every frame, into the video ``target`` or a window, until the source ends or a key is pressed."""
    capture = cv2.VideoCapture(int(source) if source.isdigit() else source)
    if not capture.isOpened():
        sys.exit(f"{source}: OpenCV cannot open it")
    writer = None
    with Classifier(model) as classifier:
        while True:
            success, bgr = capture.read()
            if not success:
                break
            rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)  # OpenCV's frames are blue first, the runtime's red first
            best = classifier.classify(rgb).best
            text = f"{best.label} {best.score:.2f}" if best else "-"  # "-": no class reaches its threshold
            cv2.putText(bgr, text, (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, WHITE, 2)
            print(text, flush=True)
            if not target:
                cv2.imshow("edge", bgr)
                if cv2.waitKey(1) != -1:
                    break
                continue
            if writer is None:
                height, width = bgr.shape[:2]
                rate = capture.get(cv2.CAP_PROP_FPS) or 10.0
                writer = cv2.VideoWriter(target, cv2.VideoWriter.fourcc(*"MJPG"), rate, (width, height))
            writer.write(bgr)
    if writer is not None:
        writer.release()
    capture.release()


if __name__ == "__main__":
    main(*sys.argv[1:])
