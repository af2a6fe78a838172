import { z } from 'zod';
import { canonicalJson, type Json, sha256Hex } from './canonical.ts';
import { refuse } from './errors.ts';
import { type VerdictStage, verdictStages } from './stages.ts';

/** The exclusion lists of contract section 3. */
export const exclusionLists = [
  'asn',
  'tni',
  'polri',
  'state_official',
  'village_official',
  'bumn_officer',
  'in_school',
  'social_assistance',
  'stop_list',
] as const;
export type ExclusionList = (typeof exclusionLists)[number];

const points = z.number().int().min(0).max(100);
const decimalShare = z
  .string()
  .regex(/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/, 'a decimal from "0" to "1" in quotes, such as "0.8"');

const limit = z.strictObject({ count: z.number().int().min(1), share: decimalShare });
const stageLimits = z.strictObject({ rejected: limit, parked: limit }).partial();

const policySchema = z.strictObject({
  name: z.string().min(1).max(100),
  limits: z.partialRecord(z.enum(verdictStages), stageLimits).optional(),
  dedupe: z.strictObject({ likely: z.boolean() }).optional(),
  email: z.strictObject({
    require: z.enum(['delivered', 'confirmed']),
    retry_hours: z
      .array(
        z
          .number()
          .positive()
          .max(24 * 365),
      )
      .max(20),
    reject_disposable: z.boolean(),
  }),
  dukcapil: z.strictObject({
    must_match: z.array(z.enum(['kk_number', 'birth_date', 'full_name'])),
    name_score_min: z.number().int().min(0).max(100).nullable(),
    reuse_days: z.number().int().min(0).max(3650),
  }),
  layer3: z.strictObject({
    age_min: z.number().int().min(0).max(150),
    age_max: z.number().int().min(0).max(150).optional(),
    exclude: z.array(z.enum(exclusionLists)),
    otp_required: z.boolean(),
    score: z.partialRecord(
      z.enum(['laid_off', 'furloughed', 'micro_business', 'job_seeker', 'employed', 'disability', 'waited_batch']),
      points,
    ),
  }),
  assignment: z.strictObject({
    whitelist_share: decimalShare,
    order: z.enum(['lottery', 'score_then_lottery']),
    kk_cap: z.number().int().min(0).max(1000),
  }),
  payout: z.strictObject({
    incentive_idr: z.number().int().positive().max(1e12),
    incentive_times: z.number().int().min(0).max(99),
    survey_idr: z.number().int().positive().max(1e12),
    survey_times: z.number().int().min(0).max(99),
    first_purchase_days: z.number().int().positive().max(3650),
    inquiry_after_minutes: z.number().int().min(0).max(10_080).optional(),
    training_idr: z.number().int().min(0).max(1e12).optional(),
    release_bands: z
      .array(z.strictObject({ over_idr: z.number().int().min(0).max(1e15), approvers: z.number().int().min(1).max(9) }))
      .max(9)
      .optional(),
    revocation_undo_days: z.number().int().min(0).max(3650).optional(),
  }),
});

export type Policy = z.infer<typeof policySchema>;

/** The built-in policy of contract section 5. */
export const builtinPolicy: Policy = {
  name: 'prakerja-2020',
  email: { require: 'delivered', retry_hours: [1, 6, 24, 72], reject_disposable: true },
  dukcapil: { must_match: ['kk_number', 'birth_date'], name_score_min: null, reuse_days: 30 },
  layer3: {
    age_min: 18,
    exclude: ['asn', 'tni', 'polri', 'state_official', 'village_official', 'bumn_officer', 'in_school'],
    otp_required: true,
    score: { laid_off: 40, furloughed: 30, micro_business: 20, job_seeker: 20, disability: 20, waited_batch: 5 },
  },
  assignment: { whitelist_share: '0.8', order: 'lottery', kk_cap: 0 },
  payout: { incentive_idr: 600000, incentive_times: 4, survey_idr: 50000, survey_times: 3, first_purchase_days: 30 },
};

/**
 * Reads a policy document.
 * @throws exit 2 naming the first field that is wrong.
 */
export function parsePolicy(text: string): Policy {
  try {
    return checkPolicy(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse('the policy is not JSON');
    throw error;
  }
}

/** A policy from a value, a stored one too: what an older version wrote is checked before it decides about anybody. */
export function checkPolicy(body: unknown): Policy {
  const result = policySchema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw refuse(`the policy is wrong at "${issue?.path.join('.')}": ${issue?.message}`);
}

/** Past `count` of an outcome and past its `share` of what was decided last, a run stops. */
interface StageLimits {
  readonly rejected: z.infer<typeof limit>;
  readonly parked: z.infer<typeof limit>;
}

const ABSURD: StageLimits = { rejected: { count: 2_000, share: '0.9' }, parked: { count: 500, share: '0.3' } };

/**
 * A stage's skip limits: the policy's, else built-in ones, which no true day comes near (2020: 3 % of the registrations
 * were repeats, 18 % of the addresses and 26 % of the NIKs failed).
 */
export function limitsOf({ limits }: Policy, stage: VerdictStage): StageLimits {
  const builtin = stage === 'dedupe' ? { ...ABSURD, rejected: { count: 5_000, share: '0.5' } } : ABSURD;
  return { rejected: limits?.[stage]?.rejected ?? builtin.rejected, parked: limits?.[stage]?.parked ?? builtin.parked };
}

/** A policy's version: SHA-256 of its canonical form, in hex. */
export function policyVersion(policy: Policy): string {
  return sha256Hex(canonicalJson(policy as Json));
}

/** Training credit of 2020 (Perpres 36/2020): what a policy without `training_idr` means. */
const TRAINING_IDR = 1_000_000;
const REVOCATION_UNDO_DAYS = 14;

/** What a decree sets aside for one participant, in whole rupiah: Rp3,550,000 in 2020. */
export function entitlementIdr({ payout }: Policy): number {
  const { incentive_idr, incentive_times, survey_idr, survey_times, training_idr = TRAINING_IDR } = payout;
  return training_idr + incentive_times * incentive_idr + survey_times * survey_idr;
}

/** How many days after it a person may undo a revocation. */
export function revocationUndoDays({ payout }: Policy): number {
  return payout.revocation_undo_days ?? REVOCATION_UNDO_DAYS;
}

/** How many people must agree to a payout run of a total: the most of the bands that it is over, else one. */
export function approversFor({ payout }: Policy, totalIdr: bigint): number {
  const over = (payout.release_bands ?? []).filter(({ over_idr }) => totalIdr > BigInt(over_idr));
  return Math.max(1, ...over.map(({ approvers }) => approvers));
}
