/** A registration as the file has it; tests change what they are about. */
export const citizen = {
  registration_id: 'R1',
  registered_at: '2020-04-11T16:00:00+07:00',
  nik: '3273011505900001',
  kk_number: '3273011505900099',
  full_name: 'Siti',
  birth_place: 'Bandung',
  birth_date: '1990-05-15',
  sex: 'P',
  mother_name: 'Sri',
  email: 'siti@example.com',
  phone: '081200000001',
  province_code: '32',
  employment: 'laid_off',
  education: 'sma',
  in_school: 'false',
  disability: 'false',
};
export type Citizen = typeof citizen;

export const HEADER = Object.keys(citizen).join(',');

/** A line of registrations.csv, without its line end. */
export function line(changes: Partial<Citizen> = {}): string {
  return Object.values({ ...citizen, ...changes }).join(',');
}
