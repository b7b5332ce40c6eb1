/**
 * The check of the option `tls`, the same for both servers.
 *
 * @module
 */

import type { z } from "zod";
import type { PemSource } from "../owner-files/certificate.ts";
import { type TlsOption, type TlsSettings, tlsSettings } from "./tls-settings.ts";
import { schemaOf } from "./zod.ts";

const SHAPE = '"self-signed", or an object with cert and key, or with selfSigned';

/** Reads the option `tls` of either server. */
export const tlsSchema: () => z.ZodType<TlsSettings, TlsOption> = schemaOf((z) => {
  const pem = z.custom<PemSource>(
    (value) => (typeof value === "string" && value !== "") || (value instanceof Uint8Array && value.length > 0),
    { error: "PEM or the name of a file", params: { kind: "type" } },
  );
  const object = z
    .strictObject({
      cert: pem.optional(),
      key: pem.optional(),
      passphrase: z.string().optional(),
      selfSigned: z.union([z.boolean(), z.string().min(1)]).optional(),
      required: z.boolean().optional(),
      implicit: z.boolean().optional(),
      sessionReuse: z.enum(["offered", "required"]).optional(),
      reloadSeconds: z.int().min(0).max(86_400).optional(),
    })
    .refine(
      ({ cert, key, selfSigned }) =>
        selfSigned === undefined || selfSigned === false
          ? cert !== undefined && key !== undefined
          : cert === undefined && key === undefined,
      { error: SHAPE, params: { kind: "type" } },
    );
  return z
    .preprocess((value) => (value === "self-signed" ? { selfSigned: true } : value), object)
    .transform(tlsSettings) as unknown as z.ZodType<TlsSettings, TlsOption>;
});
