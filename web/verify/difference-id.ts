/** The differences that a change of published files leads to, as workers/assignment words them, and in Indonesian. */
const wordings: readonly (readonly [RegExp, string])[] = [
  [/^(\S+): is missing$/, '$1 tidak ada'],
  [/^(\S+): is missing, although (\S+) is there$/, '$1 tidak ada, padahal $2 ada'],
  [/^(\S+): is missing, although (\S+) names it$/, '$1 tidak ada, padahal disebut $2'],
  [/^(\S+): is there, but (\S+) does not name it$/, '$1 ada, tetapi tidak disebut $2'],
  [
    /^(\S+): SHA-256 is (\S+), the (\S+) committed to is (\S+)$/,
    'SHA-256 dari $1 adalah $2, sedangkan $3 yang dijanjikan adalah $4',
  ],
  [/^(\S+): SHA-256 is (\S+), (\S+) says (\S+)$/, 'SHA-256 dari $1 adalah $2, sedangkan menurut $3 adalah $4'],
  [/^(\S+): is not the signature of (\S+) by the key (\S+)$/, '$1 bukan tanda tangan $2 dengan kunci $3'],
  [/^(\S+) line (\d+): is "(.*)", must be "(.*)"$/, '$1 baris $2: tertulis "$3", seharusnya "$4"'],
  [/^(\S+) line (\d+): is missing; it must be "(.*)"$/, '$1 baris $2 tidak ada; seharusnya "$3"'],
  [/^(\S+) line (\d+): is one too many: "(.*)"$/, '$1 baris $2 berlebih: "$3"'],
  [
    /^(\S+) line (\d+): is one too many: the pool holds (\d+)$/,
    '$1 baris $2 berlebih: yang ikut diundi hanya $3 orang',
  ],
  [/^(\S+) line (\d+): is not ended by LF$/, '$1 baris $2 terpotong'],
  [/^(\S+) line (\d+): (\S+) is not in the pool$/, '$1 baris $2: $3 tidak ikut diundi'],
  [/^(\S+) line (\d+): registration_id (\S+) is there twice$/, '$1 baris $2: $3 ada dua kali'],
  [/^(\S+) line (\d+): registration_id (\S+) is not in bytewise order$/, '$1 baris $2: $3 tidak menurut urutan'],
  [
    /^(\S+) line 1: pool_size is (\d+), the pool holds (\d+)$/,
    '$1: pool_size adalah $2, sedangkan yang ikut diundi $3 orang',
  ],
  [
    /^(\S+) line 1: seed is (\S+), the one computed again is (\S+)$/,
    '$1: seed adalah $2, sedangkan hasil hitung ulang adalah $3',
  ],
  [
    /^(\S+) line 1: previous of attempt (\d+) is (\S+), but no directory beside it holds attempt (\d+) of batch (\d+)$/,
    '$1: percobaan $2 menyebut janji sebelumnya $3, tetapi percobaan $4 gelombang $5 tidak ada di folder mana pun di sebelahnya',
  ],
  [
    /^(\S+) line 1: previous of attempt (\d+) is (\S+), but attempt (\d+) in (\S+) has (\S+)$/,
    '$1: percobaan $2 menyebut janji sebelumnya $3, tetapi percobaan $4 di $5 adalah $6',
  ],
  [
    /^(\S+): is there, so attempt (\d+) was drawn too: two draws of batch (\d+)$/,
    '$1 ada, jadi percobaan $2 juga sudah diundi: dua undian untuk gelombang $3',
  ],
];

/** A difference in Indonesian; undefined for the rarer ones, which a page shows in English. */
export function differenceInIndonesian(english: string): string | undefined {
  const wording = wordings.find(([pattern]) => pattern.test(english));
  return wording && english.replace(...wording);
}
