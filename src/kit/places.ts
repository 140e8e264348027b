/** Where on the earth something lies, in degrees. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
}

/** Where postal codes lie, from a table that the operator loads. */
export interface PostalPlaces {
  /** Null where the table does not know the code. Spaces and capitals make no difference; a ZIP+4 lies where its ZIP does. */
  find(country: string, code: string): Place | null
}
