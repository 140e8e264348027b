/** How far two places are from each other. */
import type { Place } from '../kit/places.ts'

/** Mean radius of the earth: what distances over land are reckoned with. */
const EARTH_KM = 6371.0088
const KM_A_MILE = 1.609344

/** Along a great circle. */
export const distanceKm = (from: Place, to: Place): number => {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180
  const north = radians(to.latitude - from.latitude)
  const east = radians(to.longitude - from.longitude)
  const h =
    Math.sin(north / 2) ** 2 +
    Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * Math.sin(east / 2) ** 2
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

export const milesOf = (km: number): number => km / KM_A_MILE
