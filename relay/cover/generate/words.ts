// Ordinary words, in lists. None is rare, none stands in every site.
export const words: Readonly<Record<WordList, readonly string[]>> = {
  given:
    list(`Anna Clara Marta Ines Julia Nora Petra Lena Sofia Elena Irene Hanna Ruth Greta Alice Emma Kate Miriam Olga Vera Nina Rosa Tessa Laura
    Paul Martin Jonas David Simon Oscar Felix Henrik Marco Luca Tom Peter Anton Karl Erik Daniel Adam Victor Hugo Leo Samuel Nils Robert George Philip Andrew`),
  family:
    list(`Berger Lindqvist Moreau Keller Novak Hartmann Rossi Vidal Jensen Fischer Brandt Costa Larsen Weiss Horvat Marchetti Dubois Schneider Walsh Hughes
    Carter Ellis Fletcher Graham Holt Marsh Pearson Reid Sutton Ward Bennett Clarke Dawson Foster Griffin Hale Kemp Lowe Nash Palmer Quinn Stone Turner Vance West York`),
  towns:
    list(`Ashford Bellwood Carrick Dunmore Elmstead Fairholt Glenbrook Harwick Ivybridge Kestrel-Bay Langford Millbrook Northgate Oakham Penrose Redcliff
    Stanmore Thornbury Upwood Westerham Aldersley Brookfield Coldwater Easton Greenhill Hillcrest Lakeside Marlow Newbury Port-Ellis Riverton Saltmarsh Tilbury Winslow`),
  streets: list(
    'Mill Church Station Harbour Garden Market Orchard Chapel Bridge Castle School River Park Linden Forge Meadow Quarry Tower Well Abbey',
  ),
  streetKinds: list('Street Lane Road Square Row Walk Court Hill'),
  seasons: list('spring summer autumn winter'),
  months: list('January February March April May June July August September October November December'),
  weekdays: list('Monday Tuesday Wednesday Thursday Friday Saturday Sunday'),
  weather: list('rain fog wind frost sunshine snow drizzle haze'),
  nameWords:
    list(`Heron Juniper Copper Lantern Willow Harbour Thistle Maple Kestrel Anchor Clover Ember Fern Granite Hazel Ivory Larch Meadow Nettle Otter Pebble
    Quill Robin Sparrow Tamarind Umber Violet Walnut Alder Birch Cedar Driftwood Elder Foxglove Grove Hollow Indigo Lark Magnolia North Olive Plum River Saffron Tern Wren`),
}

type WordList = 'given' | 'family' | 'towns' | 'streets' | 'streetKinds' | 'seasons' | 'months' | 'weekdays' | 'weather' | 'nameWords'

/** A list written as words between spaces; a hyphen stands for a space inside one. */
export function list(text: string): readonly string[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll('-', ' '))
}

/** A list written one text a line. */
export function lines(text: string): readonly string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim())
}
