// Which screen is shown: by the part of the address behind #, so that a link is a link, and going back goes back.
import { useEffect, useState } from 'preact/hooks'

export const PLACES = ['home', 'invite', 'network', 'share', 'settings', 'help'] as const
export type Place = (typeof PLACES)[number]

export function usePlace(): Place {
  const [place, setPlace] = useState(placeOf(location.hash))
  useEffect(() => {
    const onChange = (): void => setPlace(placeOf(location.hash))
    addEventListener('hashchange', onChange)
    // On a slow machine somebody presses a link before this listens.
    onChange()
    return () => removeEventListener('hashchange', onChange)
  }, [])
  return place
}

export function goTo(place: Place): void {
  location.hash = place
}

function placeOf(hash: string): Place {
  return PLACES.find((place) => `#${place}` === hash) ?? 'home'
}
