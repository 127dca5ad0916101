/** Architectural constants and configurable defaults (RFC 2328 Appendix B and C; RFC 3630, 5250, 3101, 6987 where said). */

/** Router id, area id, link state id, address. */
export type Id = number;

/** Seconds unless their names say otherwise. */
export const LS_REFRESH_TIME = 1800;
export const MAX_AGE = 3600;
export const CHECK_AGE = 300;
export const MAX_AGE_DIFF = 900;
/** The metric of what cannot be reached (B). */
export const LS_INFINITY = 0xff_ffff;
/** Cost of a link that carries no transit traffic (RFC 6987 2). */
export const MAX_LINK_METRIC = 0xffff;
/** Signed 32-bit, as they are compared (12.1.6). */
export const INITIAL_SEQUENCE = -0x7fff_ffff;
export const MAX_SEQUENCE = 0x7fff_ffff;

/** A.1 */
export const ALL_SPF_ROUTERS = '224.0.0.5';
export const ALL_D_ROUTERS = '224.0.0.6';

/** Packet types (A.3.1). */
export const PACKET_HELLO = 1;
export const PACKET_DESCRIPTION = 2;
export const PACKET_REQUEST = 3;
export const PACKET_UPDATE = 4;
export const PACKET_ACKNOWLEDGMENT = 5;
/** As counters begin with them. */
export const PACKET_NAMES = {
  1: 'hello',
  2: 'description',
  3: 'request',
  4: 'update',
  5: 'acknowledgment',
} as const;

/** LS types (A.4.1; RFC 3101; RFC 5250 3). */
export const LS_ROUTER = 1;
export const LS_NETWORK = 2;
export const LS_SUMMARY_NETWORK = 3;
export const LS_SUMMARY_ASBR = 4;
export const LS_EXTERNAL = 5;
export const LS_NSSA = 7;
export const LS_OPAQUE_LINK = 9;
export const LS_OPAQUE_AREA = 10;
export const LS_OPAQUE_AS = 11;

/** Options (A.2; RFC 3101 2.1; RFC 5250 3). In an LSA of type 7 the N-bit's place is the P-bit's. */
export const OPTION_E = 0x02;
export const OPTION_MC = 0x04;
export const OPTION_NP = 0x08;
export const OPTION_DC = 0x20;
export const OPTION_O = 0x40;

/** No router id, no address, no designated router. */
export const NONE = 0;
/** The backbone area. */
export const BACKBONE = 0;
