/**
 * The octets of TELNET.
 *
 * @module
 */

/** Commands, RFC 854 "Telnet command structure"; EOR is RFC 885, EOF to ABORT are RFC 1184. */
export const Octet = {
  EOF: 236,
  SUSP: 237,
  ABORT: 238,
  EOR: 239,
  SE: 240,
  NOP: 241,
  DM: 242,
  BRK: 243,
  IP: 244,
  AO: 245,
  AYT: 246,
  EC: 247,
  EL: 248,
  GA: 249,
  SB: 250,
  WILL: 251,
  WONT: 252,
  DO: 253,
  DONT: 254,
  IAC: 255,
} as const;

/** Option codes, with the RFC that defines each. */
export const Option = {
  BINARY: 0, // RFC 856
  ECHO: 1, // RFC 857
  SGA: 3, // RFC 858
  STATUS: 5, // RFC 859
  TIMING_MARK: 6, // RFC 860
  TTYPE: 24, // RFC 1091
  EOR: 25, // RFC 885
  NAWS: 31, // RFC 1073
  TSPEED: 32, // RFC 1079
  LFLOW: 33, // RFC 1372
  LINEMODE: 34, // RFC 1184
  ENCRYPT: 38, // RFC 2946
  NEW_ENVIRON: 39, // RFC 1572
  CHARSET: 42, // RFC 2066
} as const;
