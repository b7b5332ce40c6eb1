// A camera that speaks only FTP uploads its pictures here. What is too large is refused while it comes. Each one is
// looked at before it appears: what is no JPEG is refused, and the camera is told why; the others trigger a function.
//
//   node examples/camera.js                                   then, from a second terminal:
//   curl -T picture.jpg ftp://camera:python@localhost:2121/
import { mkdir } from "node:fs/promises";
import { createDirectoryStore, createFtpServer } from "porthole";

const { HOST = "127.0.0.1", PORT = "2121", PASSWORD = "python", PICTURES = "pictures" } = process.env;

await mkdir(PICTURES, { recursive: true });
const server = createFtpServer({
  store: createDirectoryStore({ root: PICTURES }),
  user: "camera",
  password: PASSWORD,
  maxUploadBytes: 5 * 1024 * 1024,
  async onUpload(file) {
    for await (const chunk of file.chunks()) {
      if (chunk[0] !== 0xff || chunk[1] !== 0xd8) return "That is no JPEG.";
      break;
    }
    return undefined;
  },
});
server.on("upload", ({ path, bytes, address }) => pictureCame(path, bytes, address));

/**
 * @param {string} path
 * @param {number} bytes
 * @param {string} address
 */
function pictureCame(path, bytes, address) {
  console.log(`${path}: ${bytes} bytes from ${address}`);
}

const { host, port } = await server.listen({ host: HOST, port: Number(PORT) });
console.log(`ftp on ${host}:${port}, pictures in ${PICTURES}`);
process.once("SIGTERM", () => server.close());
