/** What the registry knows about the fields that were asked; null: it said nothing (or nothing we understand). */
export interface RegistryRecord {
  readonly kind: 'record';
  readonly status: 'active' | 'deceased' | 'duplicate' | 'inactive';
  readonly kk_number: boolean | null;
  readonly birth_date: boolean | null;
  /** 0 to 100. */
  readonly name_score: number | null;
}

/** One answer in the same shape, whether it came over the wire or from the imported extract. */
export type RegistryAnswer =
  | RegistryRecord
  | { readonly kind: 'not_found' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unavailable'; readonly why: string }
  | { readonly kind: 'quota' }
  | { readonly kind: 'not_configured' }
  | { readonly kind: 'not_understood'; readonly why: string };

/** What is asked about one person: the NIK, and only the fields that the policy must match. */
export interface RegistryQuestion {
  readonly nik: string;
  readonly kk_number?: string;
  /** YYYY-MM-DD */
  readonly birth_date?: string;
  readonly full_name?: string;
  /** The score from which the registry is to call a name "Sesuai" (its TRESHOLD, 80 to 100); 100 when left out. */
  readonly name_score_min?: number;
}
