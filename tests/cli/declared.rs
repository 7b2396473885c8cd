//! What is declared before the data are seen: the policy for baselines, the plan and its hash, and pictures of both.

use super::study::myelomri;
use predicates::str::contains;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// Four visits pairs: a usual one, a zero, a value below the limit, a negative baseline.
const VISITS: &str = "subject,session,x,y,response
001,before,10,1,
001,after,30,2,CR
002,before,0,2,
002,after,5,1,PR
003,before,0.05,4,
003,after,4,2,CR
004,before,-1,3,
004,after,2,5,PR
005,before,8,2,
005,after,4,9,PR
";

fn written(name: &str, text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let shown = path.display().to_string();
    (folder, shown)
}

fn change(table: &str, more: &[&str]) -> assert_cmd::assert::Assert {
    let visits = ["change", "--table", table, "--baseline", "before", "--followup", "after", "--column", "x"];
    myelomri().args(visits).args(["--format", "json"]).args(more).assert()
}

fn json(done: assert_cmd::assert::Assert) -> Value {
    serde_json::from_slice(&done.success().get_output().stdout).unwrap()
}

#[test]
fn the_policy_for_baselines_is_stated_and_kept() {
    let (_folder, table) = written("visits.csv", VISITS);
    let withheld = json(change(&table, &["--limit", "x=0.1"]));
    assert_eq!((&withheld["policy"], &withheld["limits"]["x"]), (&"withhold".into(), &0.1.into()));
    let row = |got: &Value, n: usize| got["rows"][n].clone();
    assert_eq!((row(&withheld, 0)["pct"].as_f64(), row(&withheld, 0)["sym"].as_f64()), (Some(200.0), Some(50.0)));
    for n in 1..4 {
        assert!(row(&withheld, n)["pct"].is_null() && !row(&withheld, n)["flags"][0].is_null(), "{n}");
    }
    let lifted = json(change(&table, &["--limit", "x=0.1", "--policy", "at-limit"]));
    assert!((row(&lifted, 1)["pct"].as_f64().unwrap() - 4900.0).abs() < 1e-9);
    assert!((row(&lifted, 2)["pct"].as_f64().unwrap() - 3900.0).abs() < 1e-9);
    assert_eq!((&row(&lifted, 2)["baseline"], &row(&lifted, 2)["flags"][0]), (&0.05.into(), &"at-limit".into()));
    assert!(row(&lifted, 3)["pct"].is_null());
    change(&table, &["--policy", "refuse"])
        .code(4)
        .stderr(contains("error[undefined-change]"))
        .stderr(contains("002 (zero-baseline), 004 (negative-baseline)"));
    change(&table, &["--policy", "at-limit"]).code(2).stderr(contains("--limit COL=X"));
}

#[test]
fn the_hash_of_the_plan_stands_in_the_results_and_holm_runs_within_its_families() {
    let wide = "subject,a,b,c,d,response\n1,9,1,5,2,CR\n2,8,2,4,7,CR\n3,7,6,6,5,CR\n4,3,4,3,1,PR\n5,2,5,2,9,PR\n6,1,3,1,4,PR\n7,4,8,7,6,PR\n";
    let (folder, table) = written("wide.csv", wide);
    let plan = folder.path().join("study.toml");
    let template = myelomri::study::template(&["baseline".into(), "cycle2".into()]);
    let declared = |primary: &str| -> String {
        let kept: Vec<&str> =
            template.lines().filter(|l| !l.starts_with("primary") && !l.starts_with("secondary")).collect();
        kept.join("\n")
            .replace("[plan]", &format!("[plan]\nprimary = [{primary}]\nsecondary = [\"b:higher\", \"c:higher\"]"))
    };
    let run = |primary: &str| {
        fs::write(&plan, declared(primary)).unwrap();
        let arguments = ["compare", "--table", &table, "--outcome", "response", "--positive", "CR"];
        let variables = ["a", "b", "c", "d"].map(|v| ["--variable", v]).concat();
        let plan = plan.display().to_string();
        json(myelomri().args(arguments).args(variables).args(["--plan", &plan, "--format", "json"]).assert())
    };
    let got = run("\"a:higher\"");
    let of = |name: &str| got["tests"].as_array().unwrap().iter().find(|t| t["variable"] == name).unwrap().clone();
    assert_eq!(
        (&of("a")["family"], &of("b")["family"], &of("d")["family"]),
        (&"primary".into(), &"secondary".into(), &"exploratory".into())
    );
    // alone in its family: as it is; two together: the smaller one twice
    assert_eq!(
        (of("a")["p_adjusted"].clone(), of("d")["p_adjusted"].clone()),
        (of("a")["p"].clone(), of("d")["p"].clone())
    );
    let (b, c) = (of("b")["p"].as_f64().unwrap(), of("c")["p"].as_f64().unwrap());
    let (smaller, name) = if b < c { (b, "b") } else { (c, "c") };
    assert!((of(name)["p_adjusted"].as_f64().unwrap() - (2.0 * smaller).min(1.0)).abs() < 1e-12);
    let hash = got["plan"]["sha256"].as_str().unwrap();
    assert_eq!((hash.len(), &got["plan"]["primary"][0]), (64, &"a:higher".into()));
    assert_ne!(run("\"a:lower\"")["plan"]["sha256"], hash);
}

#[test]
fn changes_and_pairs_of_columns_have_their_pictures() {
    let (folder, table) = written("visits.csv", VISITS);
    let prefix = folder.path().join("p").display().to_string();
    let outcome = ["--outcome", "response__after", "--positive", "CR", "--negative", "PR"];
    let drawn = ["--waterfall", "abs", "-o", &prefix];
    change(&table, &[&drawn[..], &outcome[..]].concat()).success();
    let svg = fs::read_to_string(folder.path().join("p_x_waterfall.svg")).unwrap();
    assert!(svg.contains("CR, n = 2") && svg.contains("others, n = 3"));
    change(&table, &["--waterfall", "pct"]).code(2);
    let drawn = ["--boxes", "log", "--visits", "-o", &prefix, "--force"];
    change(&table, &[&drawn[..], &outcome[..]].concat()).success();
    let svg = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let visits = svg("p_x_visits.svg");
    assert!(visits.contains("CR, n = 2") && visits.contains("before") && visits.contains("after"));
    // the logarithm of a fall to below zero does not exist: one box holds patients 1 and 3, the other 5
    let boxes = svg("p_x_boxes.svg");
    assert!(boxes.contains("CR") && boxes.contains("n = 2") && boxes.contains("n = 1"), "{boxes}");
    change(&table, &["--boxes", "log", "-o", &prefix]).code(5);
    let compare = ["compare", "--table", &table.replace("visits", "one"), "--correlate", "x,y", "-o", &prefix];
    fs::write(folder.path().join("one.csv"), "subject,x,y\n1,1,2\n2,2,1\n3,4,5\n4,3,3\n5,6,4\n").unwrap();
    myelomri().args(compare).assert().success();
    let svg = fs::read_to_string(folder.path().join("p_x_y_correlation.svg")).unwrap();
    assert!(svg.contains("Spearman 0.80") && svg.contains("n = 5"), "{svg}");
    assert!(folder.path().join("p_x_y_correlation.png").metadata().unwrap().len() > 1000);
    myelomri().args(compare).assert().code(5);
}
