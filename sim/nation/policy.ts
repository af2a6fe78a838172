/** The built-in policy "prakerja-2020" (contract, section 5), as a file for `--policy`. */
export const POLICY = {
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
  payout: { incentive_idr: 600_000, incentive_times: 4, survey_idr: 50_000, survey_times: 3, first_purchase_days: 30 },
} as const;
