//! What a disk holds, and what is left of it when its power is cut.
//!
//! A disk owes what it was told to flush, and nothing else. Of what was written later each sector may have
//! reached the medium or not, whatever the order, and a sector that was written twice may hold the first.

use std::ops::Range;
use std::sync::Arc;

use fastrand::Rng;

const PAGE: usize = 4096;
type Page = Arc<[u8; PAGE]>;

/// The content of a disk; copies share what is the same.
#[derive(Clone)]
pub struct Image(Vec<Option<Page>>);

impl Image {
    /// Of zeros.
    pub fn new(bytes: usize) -> Self {
        Self(vec![None; bytes.div_ceil(PAGE)])
    }

    /// Bytes of the disk.
    pub fn len(&self) -> usize {
        self.0.len() * PAGE
    }

    /// Whether `bytes` bytes at `offset` are on the disk.
    pub fn has(&self, offset: usize, bytes: usize) -> bool {
        offset.checked_add(bytes).is_some_and(|end| end <= self.len())
    }

    /// Fills `out` with what is at `offset`.
    pub fn read(&self, offset: usize, out: &mut [u8]) {
        for (page, within, part) in pages(offset, out.len()) {
            match self.0.get(page).and_then(Option::as_ref) {
                Some(bytes) => out[part.clone()].copy_from_slice(&bytes[within..within + part.len()]),
                None => out[part].fill(0),
            }
        }
    }

    /// Puts `bytes` at `offset`.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        for (page, within, part) in pages(offset, bytes.len()) {
            let bytes = &bytes[part];
            match self.0.get_mut(page) {
                Some(None) if bytes.iter().all(|byte| *byte == 0) => {}
                Some(place) => {
                    let place = place.get_or_insert_with(|| Arc::new([0; PAGE]));
                    Arc::make_mut(place)[within..within + bytes.len()].copy_from_slice(bytes);
                }
                None => {}
            }
        }
    }

    /// Takes the pages that these bytes are in from another image.
    fn take(&mut self, from: &Self, offset: usize, bytes: usize) {
        for (page, ..) in pages(offset, bytes) {
            if let (Some(mine), Some(other)) = (self.0.get_mut(page), from.0.get(page)) {
                mine.clone_from(other);
            }
        }
    }

    /// The parts that are not zeros, with their offsets.
    pub fn parts(&self) -> impl Iterator<Item = (usize, &[u8; PAGE])> {
        self.0.iter().enumerate().filter_map(|(at, page)| page.as_deref().map(|page| (at * PAGE, page)))
    }
}

/// The pages that bytes are in: number, where in it, and which of the bytes.
fn pages(offset: usize, bytes: usize) -> impl Iterator<Item = (usize, usize, Range<usize>)> {
    let end = offset + bytes;
    let mut at = offset;
    std::iter::from_fn(move || {
        let next = ((at / PAGE + 1) * PAGE).min(end);
        let piece = (at < end).then(|| (at / PAGE, at % PAGE, at - offset..next - offset));
        at = next;
        piece
    })
}

struct Write {
    offset: usize,
    bytes: Box<[u8]>,
}

/// A disk with a cache that a power cut empties.
pub struct Disk {
    /// What a read finds.
    live: Image,
    /// What was flushed.
    kept: Image,
    /// What was written since, in order.
    later: Vec<Write>,
    /// What is left after the cut, once there was one.
    left: Option<Image>,
    flushes: u64,
}

/// What a cut took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cut {
    /// Sectors that were written since the last flush, or twice if they were written twice.
    pub open: u64,
    /// Those that reached the disk.
    pub kept: u64,
    /// Flushes before it.
    pub flushes: u64,
}

impl Disk {
    /// A disk that holds this.
    pub fn new(image: Image) -> Self {
        Self { live: image.clone(), kept: image, later: Vec::new(), left: None, flushes: 0 }
    }

    /// What a read finds now.
    pub fn live(&self) -> &Image {
        &self.live
    }

    /// Writes that were not flushed.
    pub fn writes(&self) -> usize {
        self.later.len()
    }

    /// Writes.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.live.write(offset, bytes);
        // After the cut nothing matters that is written.
        if self.left.is_none() {
            self.later.push(Write { offset, bytes: bytes.into() });
        }
    }

    /// What was written before this is kept, whatever comes.
    pub fn flush(&mut self) {
        for write in self.later.drain(..) {
            self.kept.take(&self.live, write.offset, write.bytes.len());
        }
        self.flushes += 1;
    }

    /// This is the moment at which the power goes. Whoever uses the disk does not notice: it goes on
    /// answering, but nothing is kept, until [`Disk::restart`].
    pub fn cut(&mut self, random: &mut Rng, sector: usize) -> Cut {
        let mut left = self.kept.clone();
        let sectors = |write: &Write| write.bytes.len().div_ceil(sector);
        let mut cut = Cut { flushes: self.flushes, ..Cut::default() };
        let all = self.later.iter().map(sectors).sum::<usize>();
        let mut chance = Chance::draw(random, all);
        for write in &self.later {
            chance.next_write(random);
            for (at, bytes) in write.bytes.chunks(sector).enumerate() {
                let keep = chance.keeps(random, cut.open);
                cut.open += 1;
                cut.kept += u64::from(keep);
                if keep {
                    left.write(write.offset + at * sector, bytes);
                }
            }
        }
        self.left = Some(left);
        self.later.clear();
        cut
    }

    /// The power is back.
    pub fn restart(&mut self) {
        if let Some(left) = self.left.take() {
            *self = Self::new(left);
        }
    }
}

/// Which of the writes that were not flushed a disk keeps.
enum Chance {
    /// The first of them, in order, none, or all.
    Prefix(u64),
    /// Each sector by itself.
    Sectors(f64),
    /// Each write as a whole.
    Writes(f64, bool),
    /// The first of them, and of the others each sector by itself.
    Both(u64, f64),
}

impl Chance {
    fn draw(random: &mut Rng, sectors: usize) -> Self {
        let sectors = sectors as u64;
        let share = [0.02, 0.1, 0.5, 0.9, 0.98][random.usize(..5)];
        match random.u8(..8) {
            0 => Self::Prefix(0),
            1 => Self::Prefix(sectors),
            2 => Self::Prefix(random.u64(..=sectors)),
            3 | 4 => Self::Sectors(share),
            5 | 6 => Self::Writes(share, false),
            _ => Self::Both(random.u64(..=sectors), share),
        }
    }

    fn next_write(&mut self, random: &mut Rng) {
        if let Self::Writes(share, keeps) = self {
            *keeps = random.f64() < *share;
        }
    }

    fn keeps(&self, random: &mut Rng, sector: u64) -> bool {
        match self {
            Self::Prefix(first) => sector < *first,
            Self::Sectors(share) => random.f64() < *share,
            Self::Writes(_, keeps) => *keeps,
            Self::Both(first, share) => sector < *first || random.f64() < *share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(image: &Image, offset: usize, bytes: usize) -> Vec<u8> {
        let mut out = vec![9; bytes];
        image.read(offset, &mut out);
        out
    }

    #[test]
    fn bytes_are_read_as_they_were_written() {
        let mut image = Image::new(3 * PAGE);
        image.write(PAGE - 2, &[1, 2, 3, 4]);
        assert_eq!(read(&image, PAGE - 3, 6), [0, 1, 2, 3, 4, 0]);
        assert!(image.has(3 * PAGE - 1, 1) && !image.has(3 * PAGE, 1));
        let copy = image.clone();
        image.write(PAGE, &[0, 0]);
        assert_eq!(read(&copy, PAGE - 3, 6), [0, 1, 2, 3, 4, 0]);
        assert_eq!(read(&image, PAGE - 3, 6), [0, 1, 2, 0, 0, 0]);
    }

    /// What was flushed is there after each cut, and every sector holds something that was written to it.
    #[test]
    fn a_cut_takes_only_what_was_not_flushed() {
        let (mut torn, mut reordered) = (0, 0);
        for seed in 0..2000 {
            let mut random = Rng::with_seed(seed);
            let mut disk = Disk::new(Image::new(4 * PAGE));
            disk.write(0, &[1; 2 * PAGE]);
            disk.flush();
            disk.write(0, &[2; 2 * PAGE]);
            disk.write(2 * PAGE, &[3; 512]);
            disk.write(0, &[4; 512]);
            let cut = disk.cut(&mut random, 512);
            assert_eq!((cut.open, cut.flushes), (18, 1));
            // The disk goes on as if nothing had happened.
            assert_eq!(read(disk.live(), 0, 1), [4]);
            disk.write(3 * PAGE, &[5; 512]);
            disk.flush();
            disk.restart();
            let left = read(disk.live(), 0, 4 * PAGE);
            let sectors = left.chunks(512).map(|sector| (sector[0], sector.iter().all(|byte| *byte == sector[0])));
            let sectors = sectors.map(|(first, whole)| whole.then_some(first)).collect::<Vec<_>>();
            assert!(matches!(sectors[0], Some(1 | 2 | 4)), "{sectors:?}");
            assert!(sectors[1..16].iter().all(|sector| matches!(sector, Some(1 | 2))), "{sectors:?}");
            assert!(matches!(sectors[16], Some(0 | 3)), "{sectors:?}");
            assert!(sectors[17..].iter().all(|sector| *sector == Some(0)), "{sectors:?}");
            let new = sectors[1..16].iter().filter(|sector| **sector == Some(2)).count();
            torn += usize::from(new > 0 && new < 15);
            reordered += usize::from(new == 0 && sectors[0] == Some(4));
        }
        assert!(torn > 200 && reordered > 50, "{torn} {reordered}");
    }
}
