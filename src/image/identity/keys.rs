//! Keys under which traces of a person stand: DICOM attributes by their keyword, as converters write them.
//!
//! DICOM PS3.15, Table E.1-1 (attributes of the basic profile that a converter can meet beside an image); names of
//! dcm2niix, BIDS and MRIQC. The plural of older DICOM keywords (`PatientsName`) counts as the singular.

use super::Trace;

const NAMES: &[&str] = &[
    "PatientName",
    "OtherPatientNames",
    "PatientBirthName",
    "PatientMotherBirthName",
    "PatientNameSuffix",
    "ResponsiblePerson",
    "ReferringPhysicianName",
    "RequestingPhysician",
    "PerformingPhysicianName",
    "OperatorsName",
    "PhysiciansOfRecord",
    "PhysiciansReadingStudy",
    "NameOfPhysiciansReadingStudy",
    "ConsultingPhysicianName",
    "ScheduledPerformingPhysicianName",
    "PerformedBy",
    "ContentCreatorName",
    "ReviewerName",
    "VerifyingObserverName",
    "NamesOfIntendedRecipientsOfResults",
    "InterpretationAuthor",
    "PersonName",
    "Operator",
    "Physician",
    "FirstName",
    "LastName",
    "FamilyName",
    "GivenName",
    "Surname",
];
const DATES: &[&str] = &[
    "PatientBirthDate",
    "PatientBirthTime",
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "AcquisitionDateTime",
    "ContentDate",
    "InstanceCreationDate",
    "StudyDateTime",
    "SeriesDateTime",
    "ScanDate",
    "ExamDate",
    "AdmittingDate",
    "ScheduledProcedureStepStartDate",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepEndDate",
    "FrameAcquisitionDateTime",
    "FrameReferenceDateTime",
    "StudyVerifiedDate",
    "StudyReadDate",
    "DateOfSecondaryCapture",
    "LastMenstrualDate",
    "DateOfBirth",
    "BirthDate",
    "DOB",
    "ProcedureStepStartDate",
];
const IDENTIFIERS: &[&str] = &[
    "PatientID",
    "OtherPatientIDs",
    "IssuerOfPatientID",
    "AccessionNumber",
    "StudyID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "FrameOfReferenceUID",
    "MediaStorageSOPInstanceUID",
    "InstanceCreatorUID",
    "ConcatenationUID",
    "IrradiationEventUID",
    "SynchronizationFrameOfReferenceUID",
    "DimensionOrganizationUID",
    "ReferencedSOPInstanceUID",
    "AdmissionID",
    "RequestedProcedureID",
    "ScheduledProcedureStepID",
    "PerformedProcedureStepID",
    "FillerOrderNumberImagingServiceRequest",
    "PlacerOrderNumberImagingServiceRequest",
    "MedicalRecordLocator",
    "MilitaryRank",
    "DeviceSerialNumber",
    "DeviceUID",
    "DetectorID",
    "PlateID",
    "CassetteID",
    "GantryID",
    "MRN",
    "SSN",
    "SubjectID",
    "MedicalRecordNumber",
    "InsurancePlanIdentification",
];
const PLACES: &[&str] = &[
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "InstitutionalDepartmentTypeCode",
    "StationName",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "PatientInstitutionResidence",
    "RegionOfResidence",
    "CountryOfResidence",
    "CurrentPatientLocation",
    "ReferringPhysicianAddress",
    "ReferringPhysicianTelephoneNumbers",
    "RequestingService",
    "ScheduledStationName",
    "PerformedStationName",
    "PerformedLocation",
    "ResponsibleOrganization",
    "ScheduledStudyLocation",
    "Email",
    "Phone",
    "Address",
];
const PERSON: &[&str] = &[
    "PatientAge",
    "PatientSex",
    "PatientWeight",
    "PatientSize",
    "PatientBodyMassIndex",
    "EthnicGroup",
    "Occupation",
    "PatientReligiousPreference",
    "PatientPrimaryLanguageCode",
    "PatientSpeciesDescription",
    "SmokingStatus",
    "PregnancyStatus",
    "PatientSexNeutered",
    "SpecialNeeds",
    "PatientState",
];
const FREE_TEXT: &[&str] = &[
    "ImageComments",
    "PatientComments",
    "StudyComments",
    "SeriesComments",
    "FrameComments",
    "AcquisitionComments",
    "StudyDescription",
    "AdditionalPatientHistory",
    "MedicalAlerts",
    "Allergies",
    "ReasonForStudy",
    "ReasonForTheRequestedProcedure",
    "RequestedProcedureDescription",
    "RequestedProcedureComments",
    "VisitComments",
    "PerformedProcedureStepDescription",
    "ProcedureStepDescription",
    "AdmittingDiagnosesDescription",
    "DerivationDescription",
    "InterpretationText",
    "ResultsComments",
    "TextString",
    "TextValue",
    "ContributionDescription",
    "CommentsOnThePerformedProcedureStep",
    "ScheduledProcedureStepDescription",
    "DischargeDiagnosisDescription",
];
/// Keys whose values may look like a date or an identifier and are none.
const TECHNICAL: &[&str] = &[
    "ConversionSoftwareVersion",
    "ConversionSoftware",
    "SoftwareVersions",
    "SoftwareVersion",
    "BIDSVersion",
    "Version",
    "ManufacturersModelName",
    "SOPClassUID",
    "TransferSyntaxUID",
    "CodeURL",
    "URL",
    "DOI",
    "DatasetDOI",
    "sha256",
    "ReferencesAndLinks",
    "HowToAcknowledge",
];

/// Letters and digits in lower case; `PatientsName` and `PatientName` are one.
fn plain(key: &str) -> String {
    let letters: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    letters.replace("patients", "patient").replace("physicians", "physician")
}

fn is_in(list: &[&str], key: &str) -> bool {
    list.iter().any(|known| plain(known) == *key)
}

/// What a JSON key says of a person.
pub(super) fn of(key: &str) -> Option<Trace> {
    let key = plain(key);
    let lists = [
        (NAMES, Trace::Name),
        (DATES, Trace::Date),
        (IDENTIFIERS, Trace::Identifier),
        (PLACES, Trace::Place),
        (PERSON, Trace::Person),
        (FREE_TEXT, Trace::FreeText),
    ];
    lists.into_iter().find(|(list, _)| is_in(list, &key)).map(|(_, trace)| trace)
}

/// Whether the value of a key is known to be no trace whatever it looks like.
pub(super) fn is_technical(key: &str) -> bool {
    is_in(TECHNICAL, &plain(key))
}

/// What the heading of a table column says; age and sex are what an analysis needs and count as none.
pub(super) fn of_column(name: &str) -> Option<Trace> {
    const WORDS: [(&str, Trace); 17] = [
        ("name", Trace::Name),
        ("surname", Trace::Name),
        ("firstname", Trace::Name),
        ("lastname", Trace::Name),
        ("initials", Trace::Name),
        ("dob", Trace::Date),
        ("birth", Trace::Date),
        ("birthdate", Trace::Date),
        ("mrn", Trace::Identifier),
        ("ssn", Trace::Identifier),
        ("accession", Trace::Identifier),
        ("insurance", Trace::Identifier),
        ("address", Trace::Place),
        ("phone", Trace::Place),
        ("telephone", Trace::Place),
        ("email", Trace::Place),
        ("hospital", Trace::Place),
    ];
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let by_word = WORDS.iter().find(|(word, _)| words.contains(word)).map(|(_, trace)| *trace);
    by_word.or_else(|| of(name).filter(|trace| !matches!(trace, Trace::Person | Trace::FreeText)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_spellings_are_one() {
        for key in ["PatientsName", "PatientName", "patient_name", "Patient's Name"] {
            assert_eq!(of(key), Some(Trace::Name), "{key}");
        }
        assert_eq!(of("EchoTime"), None);
        assert!(is_technical("ConversionSoftwareVersion"));
    }

    #[test]
    fn columns_of_a_clinical_table() {
        assert_eq!(of_column("date_of_birth"), Some(Trace::Date));
        assert_eq!(of_column("Last name"), Some(Trace::Name));
        assert_eq!(of_column("mrn"), Some(Trace::Identifier));
        for fine in ["subject", "session", "age_years", "sex", "hb_g_dl", "days_from_baseline", "regimen", "scanner"] {
            assert_eq!(of_column(fine), None, "{fine}");
        }
    }
}
