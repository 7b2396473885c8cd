//! Messages with their numbers in place.

use super::*;

fn japanese(slug: &str, recorded: &str) -> String {
    Lang::Ja.message(slug, recorded).unwrap_or_else(|| panic!("{slug}: {recorded}"))
}

#[test]
fn numbers_of_the_analysis_stand_where_they_stood() {
    let said = japanese;
    assert_eq!(
        said(
            "low-epv",
            "baseline-adjusted:sff_mean_L1-L5: 7.5 patients of the smaller class a variable (15 for 2); estimates are uncertain"
        ),
        "ベースライン調整、信号脂肪分画 (sFF) 平均 L1–L5 (%)：少ないほうの群の患者は変数あたり7.5名（変数2個に対し15名）で、推定は不確かである。"
    );
    assert_eq!(
        said("separated-resamples", "25 of 500 resamples were separated and were kept"),
        "500回のリサンプルのうち25回で群が分離し、そのまま用いた。"
    );
    assert_eq!(
        said("one-class", "best_response has 0 positive and 9 negative patients; both are needed"),
        "最良効果：陽性0名、陰性9名。両群の患者が必要である。"
    );
    assert_eq!(
        said("not-estimable", "age__baseline, spearman: column age__baseline is constant"),
        "年齢、baseline (歳)（Spearman順位相関）：年齢、baseline (歳)は値が一定である。"
    );
    assert_eq!(
        said("not-estimable", "limits of agreement: limits of agreement needs at least 2 values, 1 given"),
        "一致限界：一致限界には2個以上の値が必要だが、1個しかない。"
    );
    assert_eq!(said("marker-not-measured", "the study has no column m"), "この研究にmの列がない。");
    assert_eq!(
        said(
            "validation-not-possible",
            "leave-pair-out validation, in the smaller class, needs at least 3 values, 2 given"
        ),
        "一対抜き検証（少ないほうの群）には3個以上の値が必要だが、2個しかない。"
    );
    assert_eq!(
        said("no-dropout-correlation", "Spearman's correlation needs at least 3 values, 2 given"),
        "Spearman順位相関には3個以上の値が必要だが、2個しかない。"
    );
    assert_eq!(
        said("clustered-rows", "40 rows of 20 patients: intervals go by patients"),
        "20名の40行がある。信頼区間は患者単位である。"
    );
    assert_eq!(
        said("response-disagreement", "007 cycle2: physician: CR, outside the laboratory's range VGPR-PR"),
        "007、cycle2：医師の判定CRは検査値から可能な範囲VGPR-PRの外。"
    );
    assert_eq!(
        said("column-not-read", "albumin is read from albumin_g_dl or albumin_g_l, not from albumin_mg"),
        "アルブミンを読む列はalbumin_g_dl、albumin_g_lである。albumin_mgは読んでいない。"
    );
    assert_eq!(
        said("order-of-levels", "weights go by the order low < middle < high; give another with --levels"),
        "重み付けは段階の順序low < middle < highによる。別の順序は--levelsで指定すること。"
    );
    assert_eq!(
        said("roc-not-estimable", "age and sex, delong: only one class: 0 positive and 9 negative"),
        "年齢 (歳)と性別の比較（delong）：一方の群だけである（陽性0名、陰性9名）。"
    );
    assert_eq!(
        said(
            "no-japanese-font",
            "no font with Japanese letters was found; figures are in English, the text of the report is Japanese (install a font, e.g. fonts-noto-cjk, or name the file of one in MYELOMRI_FONT)"
        ),
        "日本語の文字をもつフォントが見つからない。図は英語、本文は日本語である（fonts-noto-cjkなどのフォントを導入するか、フォントのファイルをMYELOMRI_FONTで指定すること）。"
    );
    assert_eq!(Lang::Ja.message("validation-not-possible", "folds needs at least 3 values, 2 given"), None);
    assert_eq!(Lang::En.message("one-class", "0 positive and 9 negative"), None);
}

#[test]
fn numbers_of_the_measurement_stand_where_they_stood() {
    let said = japanese;
    assert_eq!(
        said(
            "grid-rounding",
            "a_dixon.nii.gz and b_dseg.nii.gz differ by 0.123 mm at a corner (8 % of the smallest voxel side); read as one grid"
        ),
        "a_dixon.nii.gzとb_dseg.nii.gzは画像の角で0.123 mm（最小のボクセル辺の8 %）ずれている。同じ格子として読んだ。"
    );
    assert_eq!(
        said(
            "excluded-level",
            "left out: L2 (not in the label map of every visit), L4 (fracture, baseline), L5 (own, word, cycle2)"
        ),
        "除外した椎体：L2（ラベルマップにない時点がある）、L4（骨折、baseline）、L5（own, word、cycle2）。"
    );
    // a file that is called like a word of the report
    assert_eq!(
        said("labels-resampled", "the labels of none were resampled to the grid of mean (nearest neighbour)"),
        "noneのラベルをmeanの格子に再標本化した（最近傍法）。"
    );
    assert_eq!(said("missing-level", "L2 L3: not in the label map"), "L2 L3：ラベルマップにない。");
    assert_eq!(
        said("phase-unit", "the phase (-4096 ... 4094) is taken for integers of pi/4096, by its range"),
        "位相（-4096〜4094）をπ/4096を単位とする整数とみなした。根拠：値の範囲。"
    );
    assert_eq!(
        said("tdv-half-of-bone", "700 of 900 bone voxels are selected: diffuse disease, or a threshold too low"),
        "骨の900ボクセルのうち700ボクセルが選ばれた。びまん性病変か、閾値が低すぎる。"
    );
    assert_eq!(
        said(
            "clipped-volume",
            "volume 2 (b = 900) is clipped: 12 % of the bright voxels are exactly 4095; used as asked"
        ),
        "画像2（b = 900）が記録の上限で切れている。明るいボクセルの12 %が4095である。指定どおりに用いた。"
    );
    assert_eq!(
        said(
            "lesion-rules-differ",
            "sub-001: the lesions of the visits were not made alike, their change is not one of disease alone: threshold was 4.0, is 5.0; the bone mask held 900 mL, holds 700 mL"
        ),
        "sub-001：両時点の病変が同じ方法で作られておらず、変化は病気だけによるものではない。相違：thresholdが4.0から5.0に変わった、骨マスクの体積が900 mLから700 mLに変わった。"
    );
    assert_eq!(
        said(
            "part-not-registered",
            "pelvis takes the motion of the whole mask: pelvis cannot be registered: it has 90 voxels to compare, 200 are needed"
        ),
        "pelvisにはマスク全体の動きを用いた。pelvisを位置合わせできない：比べられるボクセルが90個しかない（200個必要）。"
    );
    assert_eq!(
        said("echo-times-differ", "the sidecars say 1.2, 2.4 ms, the option 1.1, 2.2 ms is used"),
        "付属ファイルのエコー時間は1.2, 2.4 msだが、指定の1.1, 2.2 msを用いた。"
    );
}

#[test]
fn failures_say_what_failed_and_quote_the_system() {
    let failure = |recorded: &str| Lang::Ja.reason(recorded::Reason::Failure, recorded);
    let said = japanese;
    assert_eq!(
        said("truncated-image", "x.nii is truncated: its header announces 4096 bytes of voxels, it holds 100"),
        "x.niiが途中で切れている。ヘッダーによるとボクセルは4096バイトだが、100バイトしかない。"
    );
    assert_eq!(
        failure("grid-mismatch: the in-phase and the labels are not on the same grid"),
        "同位相画像と椎体ラベルの格子が一致しない (grid-mismatch)"
    );
    assert_eq!(
        failure("missing-file: sub-001_ses-baseline lacks opposed-phase, labels"),
        "sub-001_ses-baselineに逆位相画像、椎体ラベルがない (missing-file)"
    );
    assert_eq!(
        failure("ambiguous-role: sub-001_ses-baseline has 2 files for the role dwi 1"),
        "sub-001_ses-baselineに拡散強調画像 1のファイルが2個ある (ambiguous-role)"
    );
    assert_eq!(
        failure("unreadable-image: cannot read a/b.nii.gz: corrupt deflate stream: code 3"),
        "a/b.nii.gzを読めない：「corrupt deflate stream: code 3」 (unreadable-image)"
    );
    assert_eq!(
        failure("not-nifti: x.nii is not a NIfTI image: it looks like DICOM"),
        "x.niiはNIfTI画像ではない：DICOMとみられる (not-nifti)"
    );
    assert_eq!(
        failure("echo-time-order: the echo times 2.3, 1.2 ms do not increase, by the sidecar of e/x.nii.gz"),
        "e/x.nii.gzの付属ファイルのエコー時間2.3, 1.2 msが順に増えていない (echo-time-order)"
    );
    assert_eq!(
        failure("no-b-values: d.nii.gz has no b-values: neither a .bval beside it nor DiffusionBValue in its sidecar"),
        "d.nii.gzのb値がない。.bvalも、付属ファイルのDiffusionBValueもない (no-b-values)"
    );
    assert_eq!(failure("out-of-memory: nobody says this"), "メモリが足りない。out-of-memory: nobody says this");
}

#[test]
fn a_message_that_can_be_read_in_two_ways_stays_english() {
    // a column of the user that looks like the sentence around it: the numbers are those at the end, or there are none
    let odd = "a: 1 positive and 2 negative patients; nothing can be concluded: 3 positive and 4 negative patients; nothing can be concluded";
    assert!(japanese("too-few-patients", odd).ends_with("：陽性3名、陰性4名で、結論できない。"));
    let odd = "a: no cut-off satisfies the rule b: no cut-off satisfies the rule c";
    assert_eq!(Lang::Ja.message("no-cutoff", odd), None);
    assert_eq!(
        Lang::Ja.message(
            "tdv-low-contrast",
            "some lesions are hardly brighter than the commonest marrow: counted in whole voxels, not by shares"
        ),
        None
    );
    assert_eq!(japanese("roc-not-estimable", "a: b: column b is constant"), "a: b：bは値が一定である。");
    assert_eq!(Lang::Ja.message("low-epv", "another sentence"), None);
    assert_eq!(Lang::Ja.error("an error without a twin"), "an error without a twin");
    // names of files that look like the sentence between them
    let odd = "a and b differ by 1 mm at a corner and c differ by 2.0 mm at a corner (9 % of the smallest voxel side); read as one grid";
    assert_eq!(Lang::Ja.message("grid-rounding", odd), None);
}
