// A picture from the camera: the phone's own camera app, or a viewfinder on other machines.

import { toBlob } from "/formats.js";

const element = (id) => document.getElementById(id);

/** Give `onPicture` a blob, or `onError` words. */
export async function takePicture(onPicture, onError) {
  if (matchMedia("(pointer: coarse)").matches || !navigator.mediaDevices?.getUserMedia) {
    element("capture").click();
    return;
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } },
    });
  } catch (error) {
    onError(error.name === "NotAllowedError"
      ? "The browser does not let this page use the camera."
      : "No camera was found.");
    return;
  }
  const video = element("video");
  const dialog = element("viewfinder");
  video.srcObject = stream;
  dialog.showModal();
  await video.play();
  const shot = new AbortController();
  element("shoot").addEventListener("click", async () => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    dialog.close();
    onPicture(await toBlob(canvas, "image/jpeg"), "camera.jpg");
  }, { signal: shot.signal });
  element("no-shot").addEventListener("click", () => dialog.close(), { signal: shot.signal });
  dialog.addEventListener("close", () => {
    shot.abort();
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  }, { once: true });
}
