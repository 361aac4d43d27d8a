// The top-level domains that belong to a country: the sites that go direct when a person says that those of their country should.
//
// Source: IANA's Root Zone Database, its country-code entries, internationalised ones included, as of 2026-11. A domain says who registers names, not where
// a site stands: a site of the country under .com goes through Culvert, and one abroad under the country's domain goes direct. People add what they need to
// their own list.

import type { Country } from '../contract/countries.ts'

/** By the country's ISO 3166 code; names as they stand in DNS. */
export const COUNTRY_DOMAINS: Readonly<Record<string, readonly string[]>> = {
  AE: ['ae', 'xn--mgbaam7a8h'],
  AZ: ['az'],
  BD: ['bd', 'xn--54b7fta0cc'],
  BY: ['by', 'xn--90ais'],
  CN: ['cn', 'xn--fiqs8s', 'xn--fiqz9s'],
  CU: ['cu'],
  EG: ['eg', 'xn--wgbh1c'],
  ET: ['et'],
  ID: ['id'],
  IN: ['in', 'xn--h2brj9c'],
  IQ: ['iq', 'xn--mgbtx2b'],
  IR: ['ir', 'xn--mgba3a4f16a'],
  KZ: ['kz', 'xn--80ao21a'],
  MM: ['mm'],
  OM: ['om', 'xn--mgb9awbf'],
  PK: ['pk', 'xn--mgbai9azgqp6j'],
  RU: ['ru', 'su', 'xn--p1ai'],
  SA: ['sa', 'xn--mgberp4a5d4ar'],
  SY: ['sy', 'xn--ogbpf8fl'],
  TH: ['th', 'xn--o3cw4h'],
  TM: ['tm'],
  TR: ['tr'],
  UG: ['ug'],
  UZ: ['uz'],
  VE: ['ve'],
  VN: ['vn'],
} satisfies Readonly<Record<Country, readonly string[]>>
