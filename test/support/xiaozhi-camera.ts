import { once } from "node:events";
import { request } from "node:http";

const BOUNDARY = "----ESP32_CAMERA_BOUNDARY";

/**
 * Sends a picture as main/boards/common/esp32_camera.cc of 78/xiaozhi-esp32 does: chunked, with its own boundary.
 * Returns the answer's body; anything but 200 is an error.
 */
export async function uploadPicture(
  to: { readonly url: string; readonly token: string; readonly deviceId: string },
  jpeg: Uint8Array,
  question: string,
): Promise<string> {
  const upload = request(to.url, {
    method: "POST",
    headers: {
      "Device-Id": to.deviceId,
      Authorization: `Bearer ${to.token}`,
      "Content-Type": `multipart/form-data; boundary=${BOUNDARY}`,
      "Transfer-Encoding": "chunked",
    },
  });
  const answered = once(upload, "response") as Promise<[NodeJS.ReadableStream & { statusCode: number }]>;
  upload.write(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="question"\r\n\r\n${question}\r\n` +
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="camera.jpg"\r\n` +
      "Content-Type: image/jpeg\r\n\r\n",
  );
  for (let at = 0; at < jpeg.length; at += 4096) upload.write(jpeg.subarray(at, at + 4096));
  upload.end(`\r\n--${BOUNDARY}--\r\n`);
  const [response] = await answered;
  let body = "";
  for await (const chunk of response) body += String(chunk);
  if (response.statusCode !== 200) throw new Error(`Failed to upload photo: ${response.statusCode} ${body}`);
  return body;
}
