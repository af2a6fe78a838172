import { isReason, reasons } from '../../jobs/reasons.ts';
import type { CheckTexts, ExplainTexts } from '../../workers/assignment/rules.ts';
import { differenceInIndonesian } from './difference-id.ts';
import type { Texts } from './texts.ts';

const format = new Intl.NumberFormat('id');
const number = (value: number) => format.format(value);

const checks: CheckTexts = {
  commitment: ({ batch, attempt }) => `commitment.json berbentuk baku: gelombang ${batch}, percobaan ${attempt}`,
  pool: ({ people }) => `pool.csv urut, berbentuk benar, dan sama dengan yang dijanjikan: ${number(people)} orang`,
  quota: ({ provinces }) =>
    `quota.csv urut, berbentuk benar, dan sama dengan yang dijanjikan: ${number(provinces)} provinsi`,
  chain: ({ attempt, directory }) => `percobaan ${attempt} ada di ${directory}/, seperti disebut janji sesudahnya`,
  later: ({ attempt, directory }) =>
    `ini bukan janji terakhir untuk gelombangnya: percobaan ${attempt} di ${directory}/ menyusulnya`,
  seed: () => 'seed.json mengikuti janji dan nilai suar publik',
  undrawn: () => 'undian belum berlangsung',
  result: ({ selected, people }) =>
    `setiap baris result.csv sama dengan undian ulang: ${number(selected)} terpilih dari ${number(people)}`,
  decree: ({ removed }) => `setiap promosi di decree.csv mengikuti daftar tunggu: ${number(removed)} dikeluarkan`,
  annex: ({ participants, decree }) =>
    `annex.csv, decree.json, dan decree.pdf cocok dengan decree.csv: SK ${decree}, ${number(participants)} peserta`,
  annexMissing: ({ file }) => `SK ini tidak mempunyai lampiran: ${file} tidak ada`,
  beacon: ({ beacon, file, signed }) =>
    signed
      ? `${file} adalah ${beacon}, ditandatangani jaringannya, dan nilainya yang dipakai mengundi`
      : `SHA-256 dari ${file} adalah nilai ${beacon} yang dipakai mengundi`,
  beaconUnchecked: ({ beacon, file }) =>
    `nilai ${beacon} tidak terbukti: tanda tangannya tidak diperiksa karena ${file} tidak ada; bandingkan dengan yang diterbitkan drand`,
  signed: ({ list, fingerprint, given }) =>
    given
      ? `${list} ditandatangani dengan kunci yang diberikan, ${fingerprint}, dan berkas-berkasnya cocok`
      : `${list} ditandatangani dengan office.pub, dan berkas-berkasnya cocok; bandingkan sidik jarinya dengan yang diterbitkan kantor: ${fingerprint}`,
  signaturesUnchecked: () => 'tanda tangan tidak diperiksa: peramban ini tidak mengenal Ed25519',
  unsigned: ({ file, list }) => `${file} tidak ditandatangani karena ${list} tidak ada`,
};

const explain: ExplainTexts = {
  notAnId: 'Nomor pendaftaran terdiri dari 1 sampai 64 karakter A-Z a-z 0-9 . _ - dan tidak ada yang lain.',
  notInPool: (id) =>
    `${id} tidak ada di antara peserta undian ini. Periksa penulisannya; jika benar, kantor dapat menjelaskan sebabnya dengan "prakerja explain ${id}".`,
  place: ({ registrationId, provinceCode, track, rank, people, waitingRank, ticket }) =>
    `${registrationId} (provinsi ${provinceCode}, jalur ${tracks[track]}) berada di peringkat ${number(rank)} dari ${number(people)}, ` +
    `${waitingRank === undefined ? 'terpilih' : `nomor ${number(waitingRank)} di daftar tunggu`}; tiket ${ticket}.`,
  selected: (placesOf) =>
    ({
      track: 'Terpilih untuk tempat provinsi dan jalur Anda.',
      province: 'Terpilih untuk tempat provinsi Anda yang tersisa dari kedua jalur.',
      nation: 'Terpilih untuk tempat sisa provinsi-provinsi, yang dibagikan secara nasional.',
    })[placesOf],
  household: ({ prior, selected, cap }) =>
    'Tidak terpilih walaupun sudah giliran Anda: kartu keluarga Anda sudah mempunyai peserta sebanyak batasnya ' +
    `(${prior} dari gelombang sebelumnya dan ${selected} dari undian ini; batasnya ${cap}).`,
  order: ({ last }, { score }) => {
    if (last === undefined) return 'Tidak terpilih: tidak ada tempat untuk provinsi dan jalur Anda.';
    const ahead =
      score === null
        ? 'tiket lebih rendah daripada tiket Anda'
        : `skor lebih tinggi daripada skor Anda (${score}), atau skor sama dengan tiket lebih rendah`;
    const its = last.score === null ? `tiket ${last.ticket}` : `skor ${last.score} dan tiket ${last.ticket}`;
    return `Tidak terpilih: tempat diberikan kepada orang dengan ${ahead}; orang terakhir yang terpilih dari provinsi dan jalur Anda mempunyai ${its}.`;
  },
  confirmed: 'SK menetapkan Anda sebagai peserta.',
  removed: (reason) =>
    `SK mengeluarkan Anda, karena pada hari itu Anda tidak dapat ditetapkan (${reason}): ${isReason(reason) ? reasons[reason].id : reason}`,
  promoted: (replaces) => `SK menetapkan Anda untuk tempat yang ditinggalkan ${replaces}.`,
};

const tracks = { whitelist: 'afirmasi (whitelist)', public: 'umum' };

export const indonesian: Texts = {
  fixed: {
    title: 'Periksa undian',
    intro:
      'Halaman ini menghitung ulang undian dari berkas yang diterbitkan. Semuanya berlangsung di peramban Anda: berkas yang Anda pilih tidak meninggalkan perangkat ini, dan halaman ini juga berjalan tanpa internet.',
    choose: 'Berkas undian',
    chooseNote:
      'Pilih pool.csv, quota.csv, commitment.json, seed.json, result.csv, decree.csv, dan berkas lain di sebelahnya. Jika gelombang ditutup lebih dari sekali, pilih folder di atasnya, supaya janji lainnya ikut diperiksa.',
    files: 'Pilih berkas',
    directory: 'Pilih folder',
    drop: 'Atau seret berkasnya ke sini.',
    which: 'Undian',
    start: 'Periksa undian ini',
    progress: 'Kemajuan',
    outcome: 'Hasil pemeriksaan',
    hashTitle: 'SHA-256 dari commitment.json',
    hashNote:
      'Bandingkan dengan yang diterbitkan sebelum undian: hanya jika sama, berkas-berkas ini berisi apa yang dijanjikan. Siapa pun yang menukar semua berkas dapat membuatnya cocok satu sama lain, tetapi tidak dengan angka itu.',
    published: 'SHA-256 yang diterbitkan',
    personTitle: 'Satu pendaftaran',
    personNote: 'Masukkan nomor pendaftaran untuk melihat keputusan undian dan alasannya.',
    registration: 'Nomor pendaftaran (registration_id)',
    ask: 'Lihat',
    ticket: 'Tiket',
    rank: 'Peringkat',
    track: 'Jalur',
    province: 'Provinsi (kode)',
    decision: 'Keputusan',
  },
  steps: {
    commitment: 'commitment.json: apa yang dijanjikan',
    pool: 'pool.csv: semua yang ikut diundi',
    quota: 'quota.csv: tempat tiap provinsi',
    chain: 'Janji lain untuk gelombang yang sama',
    seed: 'seed.json: benih undian',
    beacon: 'Nilai publik yang dipakai mengundi',
    tickets: 'Menghitung tiket',
    draw: 'Mengundi ulang',
    result: 'result.csv: setiap baris dibandingkan',
    decree: 'decree.csv: yang dikeluarkan dan penggantinya',
    annex: 'annex.csv, decree.json, decree.pdf: lampiran SK',
    signatures: 'Tanda tangan kantor',
  },
  checks,
  explain,
  difference: differenceInIndonesian,
  right: 'Undian ini benar: dihitung ulang dari berkasnya, hasilnya sama.',
  rightUndrawn: 'Janjinya benar. Undian belum berlangsung.',
  wrong: 'Undian ini tidak benar.',
  ok: 'Benar',
  notOk: 'Tidak benar',
  note: 'Tidak diperiksa',
  firstDifference: 'Perbedaan pertama',
  chooseParent: 'Pilih folder di atasnya, yang juga berisi folder percobaan lainnya.',
  noDraw: 'Tidak ada berkas undian di antaranya: pilih commitment.json dan berkas di sebelahnya.',
  failed: (message) => `Berkas tidak dapat dibaca sampai selesai: ${message}. Pilih lagi.`,
  sameHash: 'Sama.',
  otherHash: 'Berbeda: ini bukan berkas yang dijanjikan.',
  tracks,
  rankOf: (rank, people, waitingRank) =>
    `${number(rank)} dari ${number(people)}${waitingRank === undefined ? '' : ` (nomor ${number(waitingRank)} di daftar tunggu)`}`,
  decisions: { selected: 'Terpilih', waiting_list: 'Di daftar tunggu' },
};
