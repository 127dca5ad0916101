/** Rules of nf_tables: what each is made of, in the words of `nft --debug=netlink`. */
import type { MessageWriter } from '../netlink/writer.ts';
import {
  NF_ACCEPT,
  NF_DROP,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFT_CMP_EQ,
  NFT_META,
  NFT_PAYLOAD,
  NFT_REG_1,
  NFT_REG_VERDICT,
  NFT_REG32_01,
  NFTA,
} from './constants.ts';

/** A part of a rule: it compares, or does something. */
export interface Expression {
  readonly name: string;
  write(writer: MessageWriter): void;
}

/** A named set, and its number within the batch that makes it. */
export interface SetReference {
  readonly name: string;
  readonly id: number;
}

const IPPROTO_ICMPV6 = 58;
/** The loopback has this index in each network namespace (LOOPBACK_IFINDEX of net/flow.h). */
const LOOPBACK = 1;
/** Where the destination stands in the header of each family. */
const DESTINATION = { 4: { offset: 16, length: 4 }, 6: { offset: 24, length: 16 } } as const;

/** `iif "lo"` */
export function fromLoopback(): Expression[] {
  const index = Buffer.alloc(4);
  index.writeUInt32LE(LOOPBACK);
  return [meta(NFT_META.IIF), equals(index)];
}

/** `icmpv6 type …` */
export function icmp6(type: number): Expression[] {
  return [
    ...isOf(6),
    meta(NFT_META.L4PROTO),
    equals(Buffer.of(IPPROTO_ICMPV6)),
    payload(NFT_PAYLOAD.TRANSPORT_HEADER, 0, 1, NFT_REG_1),
    equals(Buffer.of(type)),
  ];
}

/** `ip daddr @set` or `ip6 daddr @set` */
export function toOneOf(set: SetReference, family: 4 | 6): Expression[] {
  return [...isOf(family), destination(family, NFT_REG_1), lookup(set)];
}

/** `iif . ip6 daddr @set` */
export function throughToOneOf(set: SetReference): Expression[] {
  return [...isOf(6), meta(NFT_META.IIF), destination(6, NFT_REG32_01), lookup(set)];
}

/** `counter drop` */
export function countAndDrop(): Expression[] {
  const counter: Expression = {
    name: 'counter',
    write(writer) {
      writer.blob(NFTA.COUNTER_BYTES, Buffer.alloc(8));
      writer.blob(NFTA.COUNTER_PACKETS, Buffer.alloc(8));
    },
  };
  return [counter, verdict(NF_DROP)];
}

/** `accept`: this chain is done with it. */
export function accept(): Expression[] {
  return [verdict(NF_ACCEPT)];
}

export function writeExpressions(writer: MessageWriter, expressions: readonly Expression[]): void {
  writer.nest(NFTA.RULE_EXPRESSIONS, () => {
    for (const { name, write } of expressions)
      writer.nest(NFTA.LIST_ELEM, () => {
        writer.text(NFTA.EXPR_NAME, name);
        writer.nest(NFTA.EXPR_DATA, () => write(writer));
      });
  });
}

function isOf(family: 4 | 6): Expression[] {
  return [meta(NFT_META.NFPROTO), equals(Buffer.of(family === 4 ? NFPROTO_IPV4 : NFPROTO_IPV6))];
}

function meta(key: number): Expression {
  return {
    name: 'meta',
    write(writer) {
      writer.u32be(NFTA.META_KEY, key);
      writer.u32be(NFTA.META_DREG, NFT_REG_1);
    },
  };
}

function equals(value: Uint8Array): Expression {
  return {
    name: 'cmp',
    write(writer) {
      writer.u32be(NFTA.CMP_SREG, NFT_REG_1);
      writer.u32be(NFTA.CMP_OP, NFT_CMP_EQ);
      writer.nest(NFTA.CMP_DATA, () => writer.blob(NFTA.DATA_VALUE, value));
    },
  };
}

function payload(base: number, offset: number, length: number, register: number): Expression {
  return {
    name: 'payload',
    write(writer) {
      writer.u32be(NFTA.PAYLOAD_DREG, register);
      writer.u32be(NFTA.PAYLOAD_BASE, base);
      writer.u32be(NFTA.PAYLOAD_OFFSET, offset);
      writer.u32be(NFTA.PAYLOAD_LEN, length);
    },
  };
}

function destination(family: 4 | 6, register: number): Expression {
  const { offset, length } = DESTINATION[family];
  return payload(NFT_PAYLOAD.NETWORK_HEADER, offset, length, register);
}

function lookup({ name, id }: SetReference): Expression {
  return {
    name: 'lookup',
    write(writer) {
      writer.u32be(NFTA.LOOKUP_SREG, NFT_REG_1);
      writer.text(NFTA.LOOKUP_SET, name);
      writer.u32be(NFTA.LOOKUP_SET_ID, id);
    },
  };
}

function verdict(code: number): Expression {
  return {
    name: 'immediate',
    write(writer) {
      writer.u32be(NFTA.IMMEDIATE_DREG, NFT_REG_VERDICT);
      writer.nest(NFTA.IMMEDIATE_DATA, () =>
        writer.nest(NFTA.DATA_VERDICT, () => writer.u32be(NFTA.VERDICT_CODE, code)),
      );
    },
  };
}
