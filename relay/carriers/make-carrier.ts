// How a carrier is made of an admitted request: whoever has the request knows the carrier, whoever has the session knows its keys and takes what it brings.
import type { Carrier, CarrierEvents, CarrierKeys } from '#protocol'

/** What the carrier hands out goes to the events. */
export type MakeCarrier = (events: CarrierEvents, keys: CarrierKeys) => Carrier
